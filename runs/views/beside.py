"""What stands beside the text of an answer: how likely its tokens were, sound, pictures."""

import re

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.requests import PersonRequest
from runs.logprobs import tokens_of
from runs.models import Medium, Run, Supplement

# Tokens on one page: an answer has up to some twenty thousand.
PAGE = 200
# One part of a file. Some browsers play no sound from a server that gives only the whole.
RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


@login_required
@require_safe
def probabilities(request: PersonRequest, run_id: int) -> HttpResponse:
    """The tokens of a choice with how likely each was, from the one after so many on."""
    supplement = get_object_or_404(_supplements(request).only("logprobs"), run_id=run_id)
    choice, after = (_number(request, name) for name in ("choice", "after"))
    tokens = tokens_of(bytes(supplement.logprobs), choice)
    shown = tokens[after : after + PAGE]
    context = {
        "run_id": run_id,
        "choice": choice,
        "tokens": shown,
        "first": after + 1,
        "last": after + len(shown),
        "token_count": len(tokens),
        "before": max(after - PAGE, 0) if after else None,
        "after": after + len(shown) if after + len(shown) < len(tokens) else None,
    }
    return render(request, "runs/_probabilities.html" if request.htmx else "runs/probabilities.html", context)


@login_required
@require_safe
def medium(request: PersonRequest, run_id: int, number: int) -> HttpResponse:
    """A sound or a picture that the model made."""
    mine = Medium.objects.filter(run__in=Run.objects.visible_to(request.user))
    found = get_object_or_404(mine, run_id=run_id, number=number)
    content = bytes(found.content)
    # It never changes, and is its owner's alone.
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=86400, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    first, last = (int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)) if asked else (1, 0)
    if last < first:
        return HttpResponse(content, content_type=found.content_type, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return HttpResponse(content[first : last + 1], content_type=found.content_type, headers=headers, status=206)


def _supplements(request: PersonRequest) -> QuerySet[Supplement]:
    return Supplement.objects.filter(run__in=Run.objects.visible_to(request.user)).exclude(logprobs=b"")


def _number(request: PersonRequest, name: str) -> int:
    written = request.GET.get(name, "")
    return int(written) if written.isdecimal() and len(written) < 10 else 0
