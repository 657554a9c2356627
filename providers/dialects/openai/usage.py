"""Token counts, believed only where they can be true."""

from collections.abc import Mapping
from typing import Any

from providers.events import Usage
from providers.untrusted import clean

# Above any context there is, and what a database's integer holds.
MAX_COUNT = 2**31 - 1


def read_usage(raw: Mapping[str, Any], *, has_output: bool, has_reasoning: bool) -> Usage:
    """The counts of an answer; `has_output` and `has_reasoning` say what has come of it, which no 0 can deny."""
    prompt = _count(raw.get("prompt_tokens")) or None
    reasoning = _count(_part(raw, "completion_tokens_details", "reasoning_tokens"))
    cached = _count(_part(raw, "prompt_tokens_details", "cached_tokens"))
    output = _output(_count(raw.get("completion_tokens")), prompt, _count(raw.get("total_tokens")))
    return Usage(
        prompt_tokens=prompt,
        output_tokens=None if has_output and not output else output,
        reasoning_tokens=None if has_reasoning and not reasoning else reasoning,
        cached_tokens=_count(raw.get("prompt_cache_hit_tokens")) if cached is None else cached,
        raw=clean(raw),
    )


def _output(completion: int | None, prompt: int | None, total: int | None) -> int | None:
    """Some count reasoning inside of the completion, some beside it; only the total has it for certain."""
    if prompt is None or total is None or total - prompt < (completion or 0):
        return completion
    return total - prompt


def _part(raw: Mapping[str, Any], details: str, name: str) -> Any:
    part = raw.get(details)
    return part.get(name) if isinstance(part, dict) else None


def _count(value: Any) -> int | None:
    # By its exact type: to Python a bool is an int.
    return value if type(value) is int and 0 <= value <= MAX_COUNT else None
