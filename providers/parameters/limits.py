"""How long an answer may be when nobody says. Pure: no Django, no I/O."""

# Tokens of an answer when nothing was written. It is always sent: some providers stop at 512 or 16 when it is not.
ANSWER_TOKENS = 4096
# Reasoning counts as output; with less than this a reasoning model may end before its answer begins.
REASONING_ANSWER_TOKENS = 16_000


def default_max_tokens(*, reasons: bool, max_output_tokens: int | None, context_length: int | None) -> int:
    """Room for the answer: within what the model may put out, and at most half of a context that is small."""
    tokens = REASONING_ANSWER_TOKENS if reasons else ANSWER_TOKENS
    if max_output_tokens:
        tokens = min(tokens, max_output_tokens)
    if context_length:
        tokens = min(tokens, max(1, context_length // 2))
    return tokens


# What a limit that was too small is raised by.
STEP = 4


def next_limit(limit: int | None, *, usual: int | None, most: int | None, reasons: bool) -> int | None:
    """The limit to try next after this one was too small; None where none is known or no larger one is allowed.

    Who reasons gets at least what is usual: a few tokens more would all go into the reasoning again.
    """
    if not limit:
        return None
    wanted = max(limit * STEP, usual or 0) if reasons else limit * STEP
    tokens = min(wanted, most) if most is not None else wanted
    return tokens if tokens > limit else None
