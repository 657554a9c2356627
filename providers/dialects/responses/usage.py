"""Token counts, believed only where they can be true."""

from collections.abc import Mapping
from typing import Any

from providers.dialects.values import count_in, within
from providers.events import Usage
from providers.untrusted import clean


def read_usage(raw: Mapping[str, Any], *, has_output: bool, has_reasoning: bool) -> Usage:
    """The counts of an answer; `has_output` and `has_reasoning` say what has come of it, which no 0 can deny."""
    output = count_in(raw.get("output_tokens"))
    reasoning = count_in(within(raw, "output_tokens_details", "reasoning_tokens"))
    return Usage(
        prompt_tokens=count_in(raw.get("input_tokens")) or None,
        output_tokens=None if has_output and not output else output,
        reasoning_tokens=None if has_reasoning and not reasoning else reasoning,
        cached_tokens=count_in(within(raw, "input_tokens_details", "cached_tokens")),
        raw=clean(raw),
    )
