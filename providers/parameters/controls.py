"""The panel as a page shows it: controls in groups, with what was written and what is said about it.

Pure: no Django, no I/O.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from providers.parameters.fields import LIMITS, Field
from providers.parameters.formats import EXAMPLES, RESPONSE_FORMAT, FormatExample
from providers.parameters.moving import Moved
from providers.parameters.panel import FURTHER, FURTHER_LABEL, Panel, Reading
from providers.parameters.shapes import one_of
from providers.parameters.tool_examples import tool_examples

NOT_SENT = "not sent"
TOOLS = "tools"
# The first group, which is always open: these in this order, and all that steers reasoning.
FIRST = ("temperature", *LIMITS, "top_p")
TITLES = {
    "sampling": "Choice of words",
    "limits": "Length and number",
    "output": "The answer",
    "tools": "Tools",
    "search": "Web search",
    "prompt": "The request",
    "transport": "The request",
    "": "Of this model alone",
}
# Controls that one looks over at a glance: up to here all groups are open and nothing is filtered.
FEW = 12


@dataclass(frozen=True, slots=True)
class Control:
    """One field of the panel as it stands on the page."""

    name: str
    label: str
    # input, select, textarea, or tools: a list of tools, as JSON or as a form
    element: str
    # Keyboard of a telephone: numeric, decimal or text.
    keyboard: str
    placeholder: str
    hint: str
    # (value, words) of a list to choose from, of suggestions, or of tools to begin with.
    options: Sequence[tuple[str, str]] = ()
    example: str = ""
    # Where it says as what JSON the answer is to come: schemas to begin with, and the kinds there are.
    format_examples: Sequence[FormatExample] = ()
    format_kinds: Sequence[str] = ()
    value: str = ""
    error: str = ""
    advice: str = ""

    @property
    def id(self) -> str:
        return "parameter-" + self.name.replace(".", "-")

    @property
    def is_set(self) -> bool:
        return bool(self.value.strip())

    @property
    def is_unlisted(self) -> bool:
        """Whether what was written is none of the options, and has to be shown all the same."""
        return self.is_set and self.value not in [value for value, _ in self.options]

    @property
    def text(self) -> str:
        """The value for a textarea, of which browsers drop a line break at the beginning."""
        return f"\n{self.value}" if self.value.startswith("\n") else self.value


@dataclass(frozen=True, slots=True)
class Group:
    """Controls under a title; the first group has none."""

    title: str
    controls: list[Control]
    is_open: bool

    @property
    def id(self) -> str:
        return "parameters-" + self.title.lower().replace(" ", "-")

    @property
    def count_set(self) -> int:
        return sum(control.is_set for control in self.controls)


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything of a panel that is on the page."""

    groups: list[Group]
    # What choosing another model changed, and what is kept for a model that it fits again.
    changes: Sequence[str] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def controls(self) -> list[Control]:
        return [control for group in self.groups for control in group.controls]

    @property
    def count_set(self) -> int:
        return sum(group.count_set for group in self.groups)

    @property
    def count_wrong(self) -> int:
        return sum(bool(control.error) for control in self.controls)

    @property
    def is_long(self) -> bool:
        return len(self.controls) > FEW


def shown(panel: Panel | None, moved: Moved, reading: Reading | None = None) -> Shown:
    """The panel on the page, holding what was written and what is said about it; without a model an empty one.

    `reading` is what is said about it, where more was looked at than the panel itself knows.
    """
    return Shown(_groups(panel, moved.written, reading) if panel else [], moved.changes, moved.left_out)


def _groups(panel: Panel, written: Mapping[str, str], reading: Reading | None) -> list[Group]:
    reading = reading or panel.read(written, streaming=True)
    by_title: dict[str, list[Control]] = {"": []}
    for each in sorted(panel.fields, key=_place):
        title = "" if _is_first(each) else TITLES.get(each.category, TITLES[""])
        by_title.setdefault(title, []).append(_control(each, panel, written, reading))
    if panel.takes_further:
        by_title[""].append(_further(written, reading))
    few = sum(map(len, by_title.values())) <= FEW
    return [
        Group(title, controls, is_open=few or not title or any(control.is_set for control in controls))
        for title, controls in by_title.items()
        if controls
    ]


def _is_first(field: Field) -> bool:
    return field.name in FIRST or field.category == "reasoning"


def _place(field: Field) -> tuple[int, int]:
    titles = list(TITLES)
    if _is_first(field):
        return -1, FIRST.index(field.name) if field.name in FIRST else field.place + len(FIRST)
    return titles.index(field.category) if field.category in titles else len(titles), field.place


def _control(field: Field, panel: Panel, written: Mapping[str, str], reading: Reading) -> Control:
    return Control(
        name=field.name,
        label=field.name,
        element=_element(field),
        keyboard={"integer": "numeric", "number": "decimal"}.get(field.kind, "text"),
        placeholder=str(panel.default_max_tokens) if field.name == panel.limit else NOT_SENT,
        hint=" ".join(filter(None, [_range(field), field.help, _when_empty(field, panel)])),
        options=list(_options(field)),
        example=field.example,
        format_examples=EXAMPLES if _is_format(field) else (),
        format_kinds=field.choices if _is_format(field) else (),
        value=written.get(field.name, ""),
        error=reading.errors.get(field.name, ""),
        advice=reading.advice.get(field.name, ""),
    )


def _is_format(field: Field) -> bool:
    return field.name == RESPONSE_FORMAT and field.kind == "json"


def _further(written: Mapping[str, str], reading: Reading) -> Control:
    return Control(
        name=FURTHER,
        label=FURTHER_LABEL,
        element="textarea",
        keyboard="text",
        placeholder=NOT_SENT,
        hint='What this model takes is not known here. What you write, such as {"top_k": 40}, is sent as it stands.',
        value=written.get(FURTHER, ""),
        error=reading.errors.get(FURTHER, ""),
        advice=reading.advice.get(FURTHER, ""),
    )


def _element(field: Field) -> str:
    if field.name == TOOLS:
        return "tools"
    if field.kind in ("switch", "choice"):
        return "select"
    return "textarea" if field.is_long else "input"


def _options(field: Field) -> Iterator[tuple[str, str]]:
    if field.kind == "switch":
        yield from (("true", "on"), ("false", "off"))
    elif field.kind in ("choice", "suggestions"):
        yield from ((word, word) for word in field.choices)
    elif field.name == TOOLS:
        yield from tool_examples(as_anthropic="input_schema" in field.example)


def _range(field: Field) -> str:
    match field.kind:
        case "number" | "integer" if field.least is not None or field.most is not None:
            return _bounds(field)
        case "lines" if field.most_items:
            return f"One a line, at most {field.most_items}."
        case "lines":
            return "One a line."
        case "day":
            return "As month/day/year."
        case "json" if field.choices:
            return f"JSON; {one_of(field.choices)} may stand alone."
        case "json":
            return "JSON."
        case _:
            return ""


def _bounds(field: Field) -> str:
    if field.least is None or field.most is None:
        return f"From {field.least}." if field.most is None else f"Up to {field.most}."
    return f"{field.least} to {field.most}."


def _when_empty(field: Field, panel: Panel) -> str:
    if field.name == panel.limit:
        return f"{panel.default_max_tokens} is sent when nothing is written."
    if field.default is None or field.name in LIMITS:
        return ""
    words = {True: "on", False: "off"}.get(field.default) if field.kind == "switch" else field.default
    return f"When it is not sent: {words}."
