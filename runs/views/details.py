"""Everything that is known of one run."""

import json
from uuid import uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from runs.models import Run
from runs.sent import Shown, body_of, sent

# Chunks of a reply on one page: an answer has up to some twenty thousand.
PAGE = 200


@login_required
@require_safe
def details(request: PersonRequest, run_id: int) -> HttpResponse:
    """What was sent, what came back, when, and what it cost: as a page of its own, or in a dialog over another."""
    run = visible_run(request, run_id)
    kept = run.supplement.for_next_turn if hasattr(run, "supplement") else {}
    context = {
        "run": run,
        "sent": sent(run),
        "attempts": list(run.attempts.order_by("number")),
        "chunk_count": len(run.raw_pieces()),
        "predicted": run.predicted,
        "kept_bytes": len(json.dumps(kept, ensure_ascii=False).encode()) if kept else 0,
        "kept_names": sorted(kept),
        "usage": json.dumps(run.usage_raw, ensure_ascii=False, indent=2) if run.usage_raw else "",
        "parameters": {name: json.dumps(value, ensure_ascii=False) for name, value in run.parameters.items()},
        # A run that stands in a conversation can be repeated there.
        "has_reply": hasattr(run, "reply"),
        "client_token": uuid4().hex,
    }
    return render(request, "runs/_details_dialog.html" if request.htmx else "runs/details.html", context)


@login_required
@require_safe
def chunks(request: PersonRequest, run_id: int) -> HttpResponse:
    """The next chunks of the raw reply after so many, with the time at which each came."""
    run = visible_run(request, run_id)
    pieces = run.raw_pieces()
    written = request.GET.get("after", "")
    after = min(int(written), len(pieces)) if written.isdecimal() and len(written) < 10 else 0
    shown = [
        (after + place, ms, Shown.of(piece)) for place, (ms, piece) in enumerate(pieces[after : after + PAGE], start=1)
    ]
    context = {"run": run, "chunks": shown, "after": after + len(shown), "chunk_count": len(pieces)}
    return render(request, "runs/_chunks.html" if request.htmx else "runs/chunks.html", context)


@login_required
@require_safe
def request_file(request: PersonRequest, run_id: int) -> HttpResponse:
    """The body of the request, byte for byte."""
    return _file(body_of(visible_run(request, run_id)), f"run-{run_id}-request.json", "application/json")


@login_required
@require_safe
def chunks_file(request: PersonRequest, run_id: int) -> HttpResponse:
    """The raw reply, a line a chunk: milliseconds, a tab, the chunk as JSON text."""
    lines = [
        f"{ms}\t{json.dumps(piece, ensure_ascii=False)}\n" for ms, piece in visible_run(request, run_id).raw_pieces()
    ]
    return _file("".join(lines).encode(), f"run-{run_id}-chunks.txt", "text/plain; charset=utf-8")


def visible_run(request: PersonRequest, run_id: int) -> Run:
    return get_object_or_404(
        Run.objects.visible_to(request.user).select_related("provider", "user", "supplement"), pk=run_id
    )


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    """To be saved, not shown: what a provider sent is nothing that this site says."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
