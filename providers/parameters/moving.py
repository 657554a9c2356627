"""Settings that come from elsewhere, from another model or a request: what fits is taken, and the rest is named.

Pure: no Django, no I/O.
"""

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.parameters.fields import OURS
from providers.parameters.nesting import flat
from providers.parameters.panel import FURTHER, FURTHER_LABEL, Panel
from providers.parameters.values import parse, write

# Names that different makers have for one thing.
SAME = (("max_tokens", "max_completion_tokens", "max_output_tokens"), ("stop", "stop_sequences"))
# Characters of a value that are repeated in a sentence.
SHORT = 40


@dataclass(frozen=True, slots=True)
class Moved:
    """The settings as the new model has them."""

    written: dict[str, str] = field(default_factory=dict)
    # What does not fit, kept for a model that it fits again.
    left_out: dict[str, str] = field(default_factory=dict)
    # A sentence for everything that was left out, or got another name, just now.
    changes: list[str] = field(default_factory=list)


def move(written: Mapping[str, str], old: Panel, new: Panel, left_out_before: Mapping[str, str] | None = None) -> Moved:
    """Take the settings from the old model's panel to the new one's, and bring back what fits again."""
    moved = Moved()
    for name, text in written.items():
        target = _target(name, new, written)
        if reason := _why_not(name, target, text, old, new):
            moved.left_out[name] = text
            moved.changes.append(f"{_quoted(name, text)} was left out: {reason}")
        else:
            moved.written[target] = text
            if target != name:
                moved.changes.append(_renamed(name, target))
    for name, text in (left_out_before or {}).items():
        target = _target(name, new, moved.written)
        if target and target not in moved.written and not _complaint(new, target, text):
            moved.written[target] = text
        else:
            moved.left_out.setdefault(name, text)
    return moved


def take(parameters: Mapping[str, Any], panel: Panel) -> Moved:
    """The parameters of a request as they are written into this panel, so that the same is sent."""
    taken = Moved()
    further: dict[str, Any] = {}
    for name, value in parameters.items():
        if name in OURS:
            continue
        target = _target(name, panel, parameters) or name
        texts = _texts(target, value, panel)
        reading = panel.read(texts, streaming=True)
        # What is wrong is taken too: it can be put right where it is said.
        if texts and (reading.errors or reading.as_set == {target: value}):
            taken.written.update(texts)
            taken.changes.extend([_renamed(name, target)] if target != name else [])
        elif panel.takes_further:
            further[name] = value
        else:
            taken.left_out[name] = json.dumps(value, ensure_ascii=False)
            taken.changes.append(f"{name} was left out: this model does not have it in this form.")
    if further:
        taken.written[FURTHER] = json.dumps(further, ensure_ascii=False, indent=2)
    return taken


def _texts(name: str, value: Any, panel: Panel) -> dict[str, str]:
    """What is written into the fields of one parameter."""
    paths = [path for path in panel.by_name if path == name or path.startswith(f"{name}.")]
    return {path: write(panel.by_name[path], inner) for path, inner in flat({name: value}, paths).items()}


def _target(name: str, new: Panel, taken: Container[str]) -> str:
    """What the new model calls it; empty where it has nothing of the kind."""
    if name in new.names:
        return name
    others = next((names for names in SAME if name in names), ())
    return next((other for other in others if other in new.names and other not in taken), "")


def _why_not(name: str, target: str, text: str, old: Panel, new: Panel) -> str:
    """Why this setting does not fit the new model; empty where it does, and where it was wrong before."""
    if name == FURTHER and not target:
        return "every parameter of this model has a field of its own."
    if not target:
        return "this model does not have it."
    return "" if _complaint(old, name, text) else _complaint(new, target, text)


def _complaint(panel: Panel, name: str, text: str) -> str:
    field = panel.by_name.get(name)
    try:
        if field:
            parse(field, text)
    except ValueError as error:
        return str(error)
    return ""


def _renamed(name: str, target: str) -> str:
    return f"{name} is called {target} here, and was moved there."


def _quoted(name: str, text: str) -> str:
    if name == FURTHER:
        return FURTHER_LABEL
    return f"{name} ({text})" if len(text) <= SHORT and "\n" not in text else name
