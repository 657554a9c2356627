"""Token counts, believed only where they can be true."""

from collections.abc import Mapping
from typing import Any

from providers.dialects.values import count_in, within
from providers.events import Usage
from providers.untrusted import clean


def read_usage(raw: Mapping[str, Any], *, has_output: bool, has_reasoning: bool) -> Usage:
    """The counts of an answer; `has_output` and `has_reasoning` say what has come of it, which no 0 can deny."""
    prompt = count_in(raw.get("prompt_tokens")) or None
    reasoning = count_in(within(raw, "completion_tokens_details", "reasoning_tokens"))
    cached = count_in(within(raw, "prompt_tokens_details", "cached_tokens"))
    output = _output(count_in(raw.get("completion_tokens")), prompt, count_in(raw.get("total_tokens")))
    return Usage(
        prompt_tokens=prompt,
        output_tokens=None if has_output and not output else output,
        reasoning_tokens=None if has_reasoning and not reasoning else reasoning,
        cached_tokens=count_in(raw.get("prompt_cache_hit_tokens")) if cached is None else cached,
        raw=clean(raw),
    )


def read_timings(raw: Mapping[str, Any]) -> Usage | None:
    """The counts beside llama.cpp's timings, which it sends where it was not asked for usage."""
    cached, new, output = (count_in(raw.get(name)) for name in ("cache_n", "prompt_n", "predicted_n"))
    if new is None or output is None:
        return None
    prompt = count_in(new + (cached or 0))
    return Usage(prompt_tokens=prompt or None, output_tokens=output, cached_tokens=cached, raw={"timings": clean(raw)})


def _output(completion: int | None, prompt: int | None, total: int | None) -> int | None:
    """Some count reasoning inside of the completion, some beside it; only the total has it for certain."""
    if prompt is None or total is None or total - prompt < (completion or 0):
        return completion
    return total - prompt
