"""The parameter panel, with what takes a JSON Schema to judge: the tools in it."""

from collections.abc import Mapping
from dataclasses import replace

from chat.tools.definitions import complaints
from providers.parameters import Moved, Panel, Reading, Shown
from providers.parameters import shown as shown_with
from providers.parameters.panel import FURTHER


def read(panel: Panel, written: Mapping[str, str], *, streaming: bool = True) -> Reading:
    """What was written, understood, with what is wrong with its tools."""
    reading = panel.read(written, streaming=streaming)
    found = complaints(reading.as_set)
    wrong = {name: sentence for name, sentence in found.items() if name in panel.by_name}
    # What is written as JSON for a model of which nothing is known goes out as it stands.
    unwise = {FURTHER: " ".join(found.values())} if found and not wrong else {}
    return replace(reading, errors={**wrong, **reading.errors}, advice={**unwise, **reading.advice})


def shown(panel: Panel | None, moved: Moved) -> Shown:
    """The panel as it is on the page."""
    return shown_with(panel, moved, read(panel, moved.written) if panel else None)
