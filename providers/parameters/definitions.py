"""What every parameter is, whatever the model: read once from the packaged data. Pure: no Django."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from providers.parameters.words import HELP

# Parameter facts as in the catalogue: wire name -> {"type", "min", "max", "default", …}.
Facts = Mapping[str, Mapping[str, Any]]

DATA = Path(__file__).parent.parent / "data" / "parameters.json"


@dataclass(frozen=True, slots=True)
class Definition:
    """A parameter by its wire name; one inside another is called by its path, as in `thinking.budget_tokens`."""

    name: str
    category: str = ""
    # The control that the data suggests: slider, textarea, json and others.
    widget: str = ""
    # What providers do when it is not sent, where all of them do the same.
    default: Any = None
    help: str = ""
    # Its place among all, the most common first; those that the data does not know come last.
    place: int = 1000


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What the data says of a constraint between parameters."""

    parameters: tuple[str, ...] = ()
    # Ids of the models it was said of; empty means all that have the parameters.
    models: frozenset[str] = frozenset()
    most_items: int | None = None
    is_advice: bool = False


def definition_of(name: str, facts: Mapping[str, Any]) -> Definition:
    """The definition of this name; where the data does not know it, what its facts and the parameter around it tell."""
    if known := DEFINITIONS.get(name):
        return known
    around = DEFINITIONS.get(name.partition(".")[0]) or Definition(name)
    help_text = facts.get("description") or HELP.get(name) or around.help
    return Definition(name, category=around.category, help=help_text, place=around.place)


def _definition(place: int, item: Mapping[str, Any]) -> Definition:
    # Where models differ, so may what they do by default.
    defaults = [] if "variants" in item else item.get("defaults", [])
    return Definition(
        name=item["name"],
        category=item["category"],
        widget=item["widget"],
        default=defaults[0] if defaults else None,
        help=HELP.get(item["name"], item["description"]),
        place=place,
    )


def _rule(item: Mapping[str, Any]) -> RuleFacts:
    return RuleFacts(
        parameters=tuple(item.get("parameters", ())),
        models=frozenset(item.get("models", ())),
        most_items=item.get("max_items"),
        is_advice=item.get("severity") == "advice",
    )


_data = json.loads(DATA.read_text())
DEFINITIONS = {item["name"]: _definition(place, item) for place, item in enumerate(_data["parameters"])}
RULE_FACTS = {item["id"]: _rule(item) for item in _data["rules"]}
