"""The parameters of one model: what can be set, what is wrong with what was written, and what is sent for it.

What is shown is what is sent: both are read from the same facts. A parameter that a known model lacks is neither; one
that was left empty is not sent, because *unset* is the provider's choice and differs from every value. Pure: no Django,
no I/O.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from providers.parameters.definitions import Facts
from providers.parameters.fields import LIMITS, Field, fields_of
from providers.parameters.limits import default_max_tokens
from providers.parameters.nesting import nested
from providers.parameters.rules import Situation, findings
from providers.parameters.values import parse, parse_object

# What nearly every model takes, for those of which nothing is known. The rest is written as JSON.
SAFE: Facts = {
    "max_tokens": {"type": "integer", "min": 1},
    "temperature": {"type": "number", "min": 0, "max": 2},
    "top_p": {"type": "number", "min": 0, "max": 1},
}
FURTHER = "further_parameters"
FURTHER_LABEL = "Further parameters (JSON)"
# What the product says itself; a parameter of such a name would make the record of a run untrue.
RESERVED = ("model", "messages", "stream")


class ParameterError(Exception):
    """What was written cannot be sent: a sentence for each field, by its name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model, as far as its parameters depend on it."""

    model_id: str = ""
    # Empty: nothing is known.
    parameters: Facts | None = None
    features: Collection[str] = ()
    reasons: bool = False
    context_length: int | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was written, understood: the values, and a sentence for each field that is wrong or unwise."""

    # Those the person set, as they stand in the request.
    as_set: dict[str, Any]
    # Those, and what is always sent.
    to_send: dict[str, Any]
    errors: dict[str, str]
    advice: dict[str, str]


class Panel:
    """What one model takes. Made once from its facts."""

    def __init__(self, facts: ModelFacts) -> None:
        self.model_id = facts.model_id
        self.reasons = facts.reasons
        self.takes_further = not facts.parameters
        known = facts.parameters or SAFE
        # The provider's own list says this of models that refuse the older name.
        if self.takes_further and LIMITS[1] in facts.features:
            known = {LIMITS[1] if name == LIMITS[0] else name: fact for name, fact in known.items()}
        self._asks_for_usage = "stream_options" in known
        fields, self._constants = fields_of(known)
        self.fields = tuple(_bounded(field, facts.max_output_tokens) for field in fields)
        self.limit = next((name for name in LIMITS if name in known), None)
        self.default_max_tokens = self._default_max_tokens(facts)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all fields that can be written into."""
        return (*self.by_name, FURTHER) if self.takes_further else tuple(self.by_name)

    def read(self, written: Mapping[str, str], *, streaming: bool) -> Reading:
        """What was written, understood. Only this model's own fields are looked at; a blank one is unset."""
        values, errors = self._values(written)
        further = self._further(written, errors, streaming=streaming)
        limit = {self.limit: self.default_max_tokens} if self.limit and not _has_limit({**values, **further}) else {}
        errors |= self._missing(values.keys() | errors.keys())
        advice: dict[str, str] = {name: _outvoted(name) for name in values if name in further}
        situation = Situation(
            model_id=self.model_id,
            reasons=self.reasons,
            values={**values, **limit},
            default_limit=self.default_max_tokens,
            streaming=streaming,
        )
        for finding in findings(situation):
            (advice if finding.is_advice else errors).setdefault(finding.name, finding.sentence)
        as_set = {**nested({**self._beside(values), **values}), **further}
        return Reading(as_set, {**as_set, **limit, **self._stream_options(streaming=streaming)}, errors, advice)

    def to_send(self, written: Mapping[str, str], *, streaming: bool) -> dict[str, Any]:
        """The parameters of the request. Raises `ParameterError` when something written cannot be sent."""
        reading = self.read(written, streaming=streaming)
        if reading.errors:
            raise ParameterError(reading.errors)
        return reading.to_send

    def with_limit(self, written: Mapping[str, str], tokens: int) -> dict[str, str]:
        """What was written, with this limit of the answer in the place of any other."""
        kept = {name: text for name, text in written.items() if name not in LIMITS}
        if self.limit:
            kept[self.limit] = str(tokens)
        try:
            further = parse_object(FURTHER_LABEL, kept.get(FURTHER, ""))
        except ValueError:
            return kept
        # There it would outvote the field.
        if _has_limit(further):
            others = {name: value for name, value in further.items() if name not in LIMITS}
            kept[FURTHER] = json.dumps(others, ensure_ascii=False, indent=2) if others else ""
        return kept

    @property
    def most_tokens(self) -> int | None:
        """The largest limit of the answer that the model takes, where that is known."""
        most = self.by_name[self.limit].most if self.limit else None
        return int(most) if most else None

    def _values(self, written: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for field in self.fields:
            text = written.get(field.name, "")
            if text and not text.isspace():
                try:
                    values[field.name] = parse(field, text)
                except ValueError as error:
                    errors[field.name] = str(error)
        return values, errors

    def _further(self, written: Mapping[str, str], errors: dict[str, str], *, streaming: bool) -> dict[str, Any]:
        """What was written as JSON beside the fields; it is sent as it was typed, over what stands in them."""
        text = written.get(FURTHER, "")
        if not self.takes_further or not text or text.isspace():
            return {}
        try:
            further = parse_object(FURTHER_LABEL, text)
            _check_names(further, streaming=streaming)
        except ValueError as error:
            errors[FURTHER] = str(error)
            return {}
        return further

    def _missing(self, written: Collection[str]) -> dict[str, str]:
        """The fields that have to be set because a neighbour in the same object is."""
        return {
            field.name: f"{field.name} is needed as well: {field.parent} has to have it."
            for field in self.fields
            if field.is_required and field.name not in written and _any_in(field.parent, written)
        }

    def _beside(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The constants of the objects in which something is set."""
        return {constant.name: constant.value for constant in self._constants if _any_in(constant.parent, values)}

    def _stream_options(self, *, streaming: bool) -> dict[str, Any]:
        # Only where it is known to be taken: others refuse the whole request for it.
        return {"stream_options": {"include_usage": True}} if streaming and self._asks_for_usage else {}

    def _default_max_tokens(self, facts: ModelFacts) -> int:
        tokens = default_max_tokens(
            reasons=facts.reasons,
            max_output_tokens=facts.max_output_tokens,
            context_length=facts.context_length,
        )
        most = self.most_tokens
        return min(tokens, most) if most else tokens


def _bounded(field: Field, max_output_tokens: int | None) -> Field:
    """A limit of the answer, within what the model can put out."""
    if field.name not in LIMITS:
        return field
    most = min((bound for bound in (field.most, max_output_tokens) if bound), default=None)
    return replace(field, kind="integer", least=field.least or 1, most=most)


def _has_limit(values: Mapping[str, Any]) -> bool:
    return any(name in values for name in LIMITS)


def _any_in(parent: str, names: Collection[str]) -> bool:
    return bool(parent) and any(name.startswith(f"{parent}.") for name in names)


def _outvoted(name: str) -> str:
    return f"{FURTHER_LABEL} sets {name} too, and that is what is sent."


def _check_names(further: Mapping[str, Any], *, streaming: bool) -> None:
    for name in RESERVED:
        if name in further:
            raise ValueError(f"{FURTHER_LABEL} cannot set {name}: the page itself says that.")
    if "stream_options" in further and not streaming:
        raise ValueError(f"{FURTHER_LABEL} cannot set stream_options: this answer is not streamed.")
