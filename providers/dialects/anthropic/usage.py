"""Token counts, believed only where they can be true."""

from collections.abc import Mapping
from typing import Any

from providers.dialects.values import count_in, within
from providers.events import Usage
from providers.untrusted import clean

# The prompt in three parts that do not overlap: what no cache knew, what was put into one, what was taken from one.
PROMPT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def merged(known: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is known once this is said too. Counts only grow, so that an empty one is no news."""
    return {**known, **{name: value for name, value in said.items() if value or name not in known}}


def read_usage(raw: Mapping[str, Any], *, is_begun: bool, has_output: bool, has_reasoning: bool) -> Usage:
    """The counts so far; `has_output` and `has_reasoning` say what has come, which no 0 can deny.

    An answer that has just begun (`is_begun`) carries a count of its output too, which says nothing about it.
    """
    prompt = sum(count_in(raw.get(name)) or 0 for name in PROMPT)
    output = None if is_begun else count_in(raw.get("output_tokens"))
    reasoning = count_in(within(raw, "output_tokens_details", "thinking_tokens"))
    return Usage(
        prompt_tokens=count_in(prompt) or None,
        output_tokens=None if has_output and not output else output,
        reasoning_tokens=None if has_reasoning and not reasoning else reasoning,
        cached_tokens=count_in(raw.get("cache_read_input_tokens")),
        raw=clean(raw),
    )
