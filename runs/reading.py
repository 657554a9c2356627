"""Reading a run back from the database, for a page that opens in the middle and a follower that missed something."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models.functions import Substr
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from runs.choices import join_choices
from runs.folding import CHOICE, HTML, REASONING, TEXT, TOOL_CALL, Part, StoredEvent, join_tool_calls, parts_after
from runs.models import Attempt, Run, RunEvent, Supplement

# Events that are read at a time; what a reader may have unacknowledged, so that nothing is read in vain.
PAGE = 64


@dataclass(frozen=True)
class Progress:
    """What a reader has not seen yet, and where the run stands."""

    events: list[StoredEvent]
    state: str
    # The number of the run's last event once it has ended and these `events` are all that is left of it.
    last_seq: int | None = None

    @property
    def may_have_more(self) -> bool:
        return self.last_seq is None and len(self.events) == PAGE


def read_after(run_id: int, after: int) -> Progress:
    """The next events after this number, at most a page of them. Raises `Run.DoesNotExist`."""
    events = _stored(run_id, after)
    run = Run.objects.only("state", "last_seq", "timeline").get(pk=run_id)
    if not run.is_final:
        return Progress(events, run.state)
    # It may have ended between the two reads above, and taken its events with it: what is folded is the whole truth.
    parts = parts_after(bytes(run.timeline), after, PAGE + 1)
    return Progress(_said(run_id, parts[:PAGE]), run.state, run.last_seq if len(parts) <= PAGE else None)


def _said(run_id: int, parts: list[Part]) -> list[StoredEvent]:
    """What an ended run said in these parts. Of text and reasoning no more is read: many may come late to megabytes."""
    begins = {TEXT: 0, REASONING: 0} | {part.kind: part.begin for part in reversed(parts)}
    ends = begins | {part.kind: part.end for part in parts}
    stretches = [Substr(kind, begins[kind] + 1, ends[kind] - begins[kind]) for kind in (TEXT, REASONING)]
    said = dict(zip((TEXT, REASONING), Run.objects.filter(pk=run_id).values_list(*stretches).get(), strict=True))
    if len(begins) > len(said):
        said |= {
            kind: whole[begins[kind] : ends[kind]] for kind, whole in _other_choices(run_id).items() if kind in ends
        }
    return [part.said(said[part.kind][part.begin - begins[part.kind] : part.end - begins[part.kind]]) for part in parts]


def _other_choices(run_id: int) -> dict[str, str]:
    """All that the choices after the first said, by its kind in the timeline."""
    kept = Supplement.objects.filter(run_id=run_id).values_list("choices", flat=True).first()
    return {f"{kind}:{choice['number']}": choice[kind] for choice in kept or [] for kind in (TEXT, REASONING)}


def _stored(run_id: int, after: int) -> list[StoredEvent]:
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    return [StoredEvent(*row) for row in rows.values_list("seq", "type", "payload", "ms")[:PAGE]]


def waiting(run_id: int) -> dict[str, object] | None:
    """Why a run waits for its next attempt and for how many seconds more, as its state frame says it; else None."""
    latest = Attempt.objects.filter(run_id=run_id).order_by("-number").first()
    if latest is None or latest.state != Attempt.State.PREPARED or latest.not_before is None:
        return None
    before = Attempt.objects.filter(run_id=run_id, number=latest.number - 1).values_list("error_kind", flat=True)
    seconds = max(0.0, (latest.not_before - timezone.now()).total_seconds())
    return {"reason": "".join(before), "seconds": round(seconds, 1), "attempt": latest.number}


@dataclass(frozen=True)
class Snapshot:
    """A run in mid-answer, as a page shows it before its socket goes on from `last_seq`."""

    reasoning: str = ""
    # Finished blocks as safe HTML, then the text after them.
    blocks: list[SafeString] = field(default_factory=list)
    open_text: str = ""
    last_seq: int = 0
    # Calls that have begun, by their position.
    tool_calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    # The choices after the first, by their number.
    choices: dict[int, dict[str, Any]] = field(default_factory=dict)


def snapshot(run_id: int) -> Snapshot:
    """What has been stored of this run so far."""
    rows = RunEvent.objects.filter(run_id=run_id).order_by("seq").values_list("seq", "type", "payload")
    reasoning: list[str] = []
    blocks: list[SafeString] = []
    open_text: list[str] = []
    calls: dict[int, list[dict[str, Any]]] = {}
    others: list[str] = []
    last_seq = 0
    for seq, kind, payload in cast("list[tuple[int, str, str]]", rows):
        last_seq = seq
        if kind == REASONING:
            reasoning.append(payload)
        elif kind == TEXT:
            open_text.append(payload)
        elif kind == HTML:
            # A finished block takes the place of all text since the one before it.
            blocks.append(mark_safe(payload))  # noqa: S308 - sanitised before it was stored
            open_text.clear()
        elif kind == TOOL_CALL:
            piece = json.loads(payload)
            calls.setdefault(piece["position"], []).append(piece)
        elif kind == CHOICE:
            others.append(payload)
    tool_calls = {position: join_tool_calls(pieces)[0] for position, pieces in sorted(calls.items())}
    return Snapshot("".join(reasoning), blocks, "".join(open_text), last_seq, tool_calls, join_choices(others))
