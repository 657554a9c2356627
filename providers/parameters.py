"""The parameters a model takes: which controls to show, and what is sent for what was written in them.

What is shown is what is sent: both are read from the same facts. A parameter that a known model lacks is neither; one
that was left empty is not sent, because *unset* is the provider's choice and differs from every value. Pure: no Django,
no I/O.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

# Parameter facts as in the catalogue: wire name -> {"type", "min", "max", "default", …}.
Facts = Mapping[str, Mapping[str, Any]]
Number = int | float

# Tokens of an answer when nothing was written. It is always sent: some providers stop at 512 or 16 when it is not.
ANSWER_TOKENS = 4096
# Reasoning counts as output; with less than this a reasoning model may end before its answer begins.
REASONING_ANSWER_TOKENS = 16_000
# At most nine digits: what every provider, browser and database reads as the same number.
WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
DECIMAL = re.compile(r"[+-]?([0-9]{1,9}\.?[0-9]{0,9}|\.[0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a parameter is to a person, whatever the model."""

    kind: str
    step: str
    help: str


TEMPERATURE = "temperature"
# Two names of one limit, the one to prefer first. A model that has both gets one.
LIMITS = ("max_tokens", "max_completion_tokens")
LIMIT = Kind("integer", "1", "The longest answer, in tokens. Reasoning counts too; a low limit cuts the answer.")
KINDS = {
    TEMPERATURE: Kind("number", "0.01", "Higher is more varied, lower more predictable."),
    **dict.fromkeys(LIMITS, LIMIT),
}
# What nearly every model takes, for those of which nothing is known.
SAFE: Facts = {TEMPERATURE: {"type": "number", "min": 0, "max": 2}, "max_tokens": {"type": "integer", "min": 1}}


@dataclass(frozen=True, slots=True)
class Control:
    """One field of the parameter panel. Its label is `name`, the wire name."""

    name: str
    kind: str
    min: Number | None
    max: Number | None
    step: str
    placeholder: str
    help: str
    value: str = ""
    error: str = ""


class ParameterError(Exception):
    """What was written cannot be sent: a sentence for each field, by its wire name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


def controls(
    parameters: Facts,
    written: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    features: Collection[str] = (),
    default_max_tokens: int = ANSWER_TOKENS,
    max_output_tokens: int | None = None,
) -> list[Control]:
    """The controls of a model with these facts, holding what was written. Without facts: those of the safe set."""
    offered = _offered(parameters, features, default_max_tokens, max_output_tokens)
    return [
        Control(
            name=name,
            kind=KINDS[name].kind,
            min=facts["min"],
            max=facts["max"],
            step=KINDS[name].step,
            placeholder="not sent" if facts["default"] is None else str(facts["default"]),
            help=KINDS[name].help,
            value=(written or {}).get(name, ""),
            error=(errors or {}).get(name, ""),
        )
        for name, facts in offered.items()
    ]


def to_send(
    parameters: Facts,
    written: Mapping[str, str],
    *,
    streaming: bool,
    features: Collection[str] = (),
    default_max_tokens: int = ANSWER_TOKENS,
    max_output_tokens: int | None = None,
) -> dict[str, Any]:
    """The parameters of the request. Raises `ParameterError` when something written is not a value of its parameter.

    Only what `controls` offers is read from `written`, so a field left over from another model is not sent.
    """
    sent: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, facts in _offered(parameters, features, default_max_tokens, max_output_tokens).items():
        text = written.get(name, "").strip()
        if text:
            try:
                sent[name] = _number(name, text, facts)
            except ValueError as error:
                errors[name] = str(error)
        elif facts["default"] is not None:
            sent[name] = facts["default"]
    if errors:
        raise ParameterError(errors)
    # Only where it is known to be taken: others refuse the whole request for it.
    if streaming and "stream_options" in parameters:
        sent["stream_options"] = {"include_usage": True}
    return sent


def default_max_tokens(*, reasons: bool, max_output_tokens: int | None, context_length: int | None) -> int:
    """Room for the answer: within what the model may put out, and at most half of a context that is small."""
    tokens = REASONING_ANSWER_TOKENS if reasons else ANSWER_TOKENS
    if max_output_tokens:
        tokens = min(tokens, max_output_tokens)
    if context_length:
        tokens = min(tokens, max(1, context_length // 2))
    return tokens


def _offered(
    parameters: Facts, features: Collection[str], default_max_tokens: int, max_output_tokens: int | None
) -> dict[str, dict[str, Any]]:
    """The parameters that have a control, in the panel's order, with `min`, `max` and the `default` that we send."""
    known = parameters or SAFE
    offered: dict[str, dict[str, Any]] = {}
    if TEMPERATURE in known:
        facts = known[TEMPERATURE]
        offered[TEMPERATURE] = {"min": facts.get("min"), "max": facts.get("max"), "default": None}
    limit = next((name for name in LIMITS if name in known), None)
    if limit:
        facts = known[limit]
        most = min((bound for bound in (facts.get("max"), max_output_tokens) if bound), default=None)
        default = min(default_max_tokens, most or default_max_tokens)
        # The provider's own list says this of models that refuse the older name.
        name = "max_completion_tokens" if not parameters and "max_completion_tokens" in features else limit
        offered[name] = {"min": facts.get("min") or 1, "max": most, "default": default}
    return offered


def _number(name: str, text: str, facts: Mapping[str, Any]) -> Number:
    """What was written, as a number within the facts. Raises `ValueError` with a sentence for the person."""
    if KINDS[name].kind == "integer" and not WHOLE.fullmatch(text):
        raise ValueError(f"{name} must be a whole number of at most nine digits.")
    if not DECIMAL.fullmatch(text):
        raise ValueError(f"{name} must be a number, such as 0.7.")
    number: Number = int(text) if WHOLE.fullmatch(text) else float(text)
    least, most = facts["min"], facts["max"]
    if (least is not None and number < least) or (most is not None and number > most):
        raise ValueError(f"{name} must be {_range(least, most)} for this model.")
    return number


def _range(least: Number | None, most: Number | None) -> str:
    if least is None or most is None:
        return f"at least {least}" if most is None else f"at most {most}"
    return f"between {least} and {most}"
