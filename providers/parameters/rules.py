"""Constraints between parameters, each checked by one function and said in one sentence. Pure: no Django, no I/O.

The names are those of the packaged data. Three of its rules need no check here: a list of stops is counted where it is
read (`stop-at-most-four`), a stream's options are sent with streams alone (`include-usage-needs-stream`), and an
assistant's message without content is left out of the transcript (`assistant-content-or-tool-calls`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.parameters.definitions import RULE_FACTS
from providers.parameters.fields import LIMITS

# Tokens below which a reasoning model may well end before its answer begins.
LITTLE_ROOM = 2000


@dataclass(frozen=True, slots=True)
class Situation:
    """What the rules look at: everything that would be sent, by path, and what it is sent to."""

    model_id: str
    reasons: bool
    values: Mapping[str, Any]
    # The limit that is sent when none is set.
    default_limit: int
    streaming: bool

    def has(self, name: str) -> bool:
        return name in self.values

    def has_all(self, *names: str) -> bool:
        return all(name in self.values for name in names)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is not kept: the field that it is said at, and the sentence."""

    rule: str
    name: str
    sentence: str

    @property
    def is_advice(self) -> bool:
        """Whether it may be sent all the same."""
        return RULE_FACTS[self.rule].is_advice


# The field and the sentence; None where the rule is kept.
Check = Callable[[Situation], tuple[str, str] | None]


def findings(situation: Situation) -> Iterator[Finding]:
    """The rules that are not kept."""
    for rule, check in CHECKS.items():
        if found := check(situation):
            yield Finding(rule, *found)


def _thinking_needs_stream(situation: Situation) -> tuple[str, str] | None:
    models = RULE_FACTS["thinking-needs-stream"].models
    if situation.model_id in models and not situation.streaming and situation.values.get("enable_thinking"):
        return "enable_thinking", "enable_thinking needs an answer that is streamed, which this one is not: reset it."
    return None


def _thinking_budget_needs_switch(situation: Situation) -> tuple[str, str] | None:
    if situation.has("thinking_budget") and not situation.values.get("enable_thinking"):
        return "thinking_budget", "thinking_budget needs enable_thinking: switch that on, or reset thinking_budget."
    return None


def _budget_below_max(situation: Situation) -> tuple[str, str] | None:
    budget, limit = situation.values.get("thinking.budget_tokens"), situation.values.get("max_tokens")
    if budget is not None and limit is not None and budget >= limit:
        return "thinking.budget_tokens", f"thinking.budget_tokens must be less than max_tokens, which is {limit}."
    return None


def _top_logprobs_needs_logprobs(situation: Situation) -> tuple[str, str] | None:
    if situation.has("top_logprobs") and not situation.values.get("logprobs"):
        return "top_logprobs", "top_logprobs needs logprobs: switch that on, or reset top_logprobs."
    return None


def _effort_or_budget(situation: Situation) -> tuple[str, str] | None:
    if situation.has_all("reasoning.effort", "reasoning.max_tokens"):
        return "reasoning.max_tokens", "reasoning.max_tokens and reasoning.effort exclude each other: reset one."
    return None


def _temperature_or_top_p(situation: Situation) -> tuple[str, str] | None:
    if situation.has_all("temperature", "top_p"):
        return "top_p", "temperature and top_p do the same in two ways: change one of them, not both."
    return None


def _reasoning_needs_room(situation: Situation) -> tuple[str, str] | None:
    reasons = situation.reasons or situation.model_id in RULE_FACTS["reasoning-needs-room"].models
    name = next((name for name in LIMITS if situation.has(name)), "")
    if reasons and name and situation.values[name] < min(LITTLE_ROOM, situation.default_limit):
        sentence = "This model may think for so long that nothing is left for the answer"
        return name, f"{sentence}: {situation.default_limit} would leave room."
    return None


def _one_limit(situation: Situation) -> tuple[str, str] | None:
    if situation.has_all(*LIMITS):
        return LIMITS[1], f"{' and '.join(LIMITS)} are two names of one limit: reset one of them."
    return None


CHECKS: Mapping[str, Check] = {
    "thinking-needs-stream": _thinking_needs_stream,
    "thinking-budget-needs-switch": _thinking_budget_needs_switch,
    "anthropic-budget-below-max": _budget_below_max,
    "top-logprobs-needs-logprobs": _top_logprobs_needs_logprobs,
    "reasoning-effort-xor-max": _effort_or_budget,
    "temperature-or-top-p": _temperature_or_top_p,
    "reasoning-needs-room": _reasoning_needs_room,
    "max-tokens-two-names": _one_limit,
}
