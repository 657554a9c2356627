"""Gathers what a provider says into what is shown now and what is kept at the end."""

import json
from typing import Any

from providers.client import Batch
from providers.errors import Charge, NotSent, ProviderError
from providers.events import (
    Cost,
    Event,
    Extra,
    Finished,
    FinishReason,
    ReasoningDelta,
    Refusal,
    Served,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from runs.blocks import BlockSplitter
from runs.choices import OtherChoices, call_piece
from runs.folding import CHOICE, HTML, LARGEST_EVENT, REASONING, TEXT, TOOL_CALL
from runs.logprobs import LogprobLog
from runs.markdown import plain, render
from runs.models import Attempt, Run
from runs.raw import RawAnswer
from runs.run_log import Outcome
from runs.supplements import Brought

# Characters; rendering a longer block would hold up the other runs of this process, so it stays plain until the end.
LARGEST_BLOCK = 16 * 1024

# The provider had begun, as far as anybody can tell, and then there was nothing more.
CUT = frozenset({"incomplete", "connection_lost", "idle_timeout", "not_stored"})


class Recorder:
    """One run's facts while it streams. The pieces of several choices stay apart; the first one is the answer."""

    def __init__(self) -> None:
        self.has_output = False
        # Whether the answer comes in pieces; a whole one may say what it costs.
        self.streams = True
        self._record: dict[str, Any] = {}
        self._usage: Usage | None = None
        self._blocks = BlockSplitter()
        self._raw = RawAnswer()
        self._refusal: list[str] = []
        self._extras: dict[str, list[Any]] = {}
        self._others = OtherChoices()
        self._logprobs = LogprobLog()
        self._attempt_state = Attempt.State.SENT
        self._ms = 0

    def first_byte(self, ms: int) -> None:
        """The provider began to answer."""
        self._attempt_state = Attempt.State.FIRST_BYTE
        self._record["first_byte_ms"] = self._ms = ms

    def take(self, batch: Batch, ms: int) -> list[tuple[str, str]]:
        """What of this is shown, as (event type, payload) in order; the rest is kept for the record."""
        self._ms = ms
        for piece in batch.raw:
            self._raw.add(ms, piece)
        shown: list[tuple[str, str]] = []
        has_others = False
        for event in batch.events:
            if getattr(event, "choice", 0):
                has_others = self._heard(event) or has_others
            else:
                self._show(event, shown)
        if has_others:
            shown.extend((CHOICE, piece) for piece in self._others.pieces(LARGEST_EVENT))
        return shown

    def _heard(self, event: Event) -> bool:
        """Something of another choice than the first; whether it is to be shown."""
        if isinstance(event, Extra):
            self._weigh(event)
            return False
        is_shown = self._others.hear(event)
        if is_shown:
            self._output()
        return is_shown

    def _show(self, event: Event, shown: list[tuple[str, str]]) -> None:
        match event:
            case TextDelta(text) if text:
                self._output()
                for piece, block in self._blocks.feed(text):
                    shown.append((TEXT, piece))
                    if block:
                        shown.append((HTML, render(block) if len(block) <= LARGEST_BLOCK else plain(block)))
            case ReasoningDelta(text) if text:
                self._output()
                shown.append((REASONING, text))
            case ToolCallDelta():
                self._output()
                shown.append((TOOL_CALL, json.dumps(call_piece(event))))
            case _:
                self._keep(event)

    def _output(self) -> None:
        if not self.has_output:
            self.has_output = True
            self._record["first_token_ms"] = self._ms

    def _keep(self, event: Event) -> None:
        match event:
            case Finished(reason, raw):
                self._record |= {"finish_reason": reason.value, "finish_reason_raw": raw[:100]}
            case Usage():
                self._usage = event
                self._record |= {
                    "prompt_tokens": event.prompt_tokens,
                    "output_tokens": event.output_tokens,
                    "reasoning_tokens": event.reasoning_tokens,
                    "usage_raw": event.raw,
                }
            case Cost(usd, source):
                self._record |= {"cost_usd": usd, "cost_source": Run.CostSource.REPORTED, "cost_note": source[:100]}
            case Served(model, request_id):
                # The header's number comes first and is the one that the provider's support asks for.
                self._record["request_id"] = self._record.get("request_id") or request_id[:200]
                self._record["served_model"] = model[:200] or self._record.get("served_model", "")
            case Refusal(text):
                self._refusal.append(text)
            case Extra("logprobs"):
                self._weigh(event)
            case Extra(name, value):
                # Pieces of one thing come as a list of them.
                self._extras.setdefault(name, []).append(value)
            case _:
                pass

    def _weigh(self, event: Extra) -> None:
        # Citations and blobs of other choices are in the raw reply; the conversation goes on with the first.
        if event.name == "logprobs":
            self._logprobs.add(event.choice, event.value)

    def done(self) -> Outcome:
        """The provider finished its answer."""
        return self._outcome(Run.State.DONE, Attempt.State.FINISHED)

    def stopped(self, state: str) -> Outcome:
        """Somebody stopped it (`cancelled`), or this process had to end (`interrupted`)."""
        if state == Run.State.INTERRUPTED:
            self._record["error_kind"] = "owner_died"
        return self._outcome(state, Attempt.State.UNKNOWN)

    def failed(self, error: ProviderError) -> Outcome:
        """It ended in an error. What had arrived stays, and a run that may have been charged says so."""
        self._record |= {
            "error_kind": error.kind.name,
            "error_detail": error.detail,
            "error_status": error.status,
        }
        if error.request_id:
            self._record["request_id"] = error.request_id[:200]
        # An answer that broke off is not an answer that failed: its text is good as far as it goes.
        broke_off = error.kind.name in CUT or (self.has_output and error.kind.charge is Charge.MAYBE)
        nothing_left = isinstance(error, NotSent) or error.kind.charge is Charge.NO
        return self._outcome(
            Run.State.INTERRUPTED if broke_off else Run.State.FAILED,
            Attempt.State.FAILED if nothing_left else Attempt.State.UNKNOWN,
        )

    def _outcome(self, state: str, attempt_state: str) -> Outcome:
        brought = Brought.of(self._extras, logprobs=self._logprobs, endings=self._others.endings)
        record = {
            **self._record,
            "duration_ms": self._ms,
            "refusal": "".join(self._refusal),
            "extras": brought.rest,
            "raw": self._raw.packed(),
        }
        record.setdefault("finish_reason", FinishReason.OTHER.value if state == Run.State.DONE else "")
        if "cost_usd" not in record:
            record["cost_note"] = self._why_no_cost(state)
        return Outcome(
            state=state,
            record=record,
            attempt={
                "state": attempt_state,
                "status": record.get("error_status"),
                "error_kind": record.get("error_kind", ""),
                "error_detail": record.get("error_detail", ""),
            },
            brought=brought,
            usage=self._usage,
        )

    def _why_no_cost(self, state: str) -> str:
        if state == Run.State.DONE and self.streams:
            return "The provider does not report costs of streamed answers."
        if state == Run.State.DONE:
            return "The provider did not say."
        return "The answer did not finish, so no cost was reported."
