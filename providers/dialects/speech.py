"""What an answer says, in any dialect: cleaned, told as events, and remembered as far as errors and counts need it."""

import json
from typing import Any, NoReturn

from providers.dialects.values import name_in
from providers.errors import Broken, ProviderError
from providers.events import Event, ReasoningDelta, Refusal, TextDelta, ToolCallDelta
from providers.untrusted import REPLACEMENT, PieceCleaner, clean

Spoken = type[TextDelta] | type[ReasoningDelta] | type[Refusal]


class Speech:
    """The events of one answer, appended to the list that is handed in."""

    def __init__(self) -> None:
        self.has_output = False
        self.has_reasoning = False
        self._pieces = PieceCleaner()

    def say(self, event: Spoken, text: Any, events: list[Event], choice: int = 0) -> None:
        if text and isinstance(text, str):
            text = self._pieces.clean(text, event, choice)
            if text:
                events.append(event(text, choice))
                self.has_output = True
                if event is ReasoningDelta:
                    self.has_reasoning = True

    def call(
        self,
        position: int,
        events: list[Event],
        *,
        call_id: Any = "",
        name: Any = "",
        arguments: Any = "",
        choice: int = 0,
    ) -> None:
        """A tool call, or a piece of one. Arguments that came as a value instead of a text are written as one."""
        if not isinstance(arguments, str):
            arguments = json.dumps(clean(arguments), ensure_ascii=False)
        delta = ToolCallDelta(
            position=position,
            call_id=name_in(call_id),
            name=name_in(name),
            arguments=self._pieces.clean(arguments, ToolCallDelta, choice, position),
            choice=choice,
        )
        if delta.call_id or delta.name or delta.arguments:
            events.append(delta)
            self.has_output = True

    def give_up(self, refused: ProviderError, request_id: str) -> NoReturn:
        """Raise what the provider reports. Once there was output it has been worked for, whatever the report says."""
        if self.has_output:
            raise Broken("provider_error", refused.detail, request_id=request_id)
        raise refused

    def close(self) -> list[Event]:
        """A replacement for each half of a character whose other half never came."""
        return [
            ToolCallDelta(position=where[0], arguments=REPLACEMENT, choice=choice)
            if event is ToolCallDelta
            else event(REPLACEMENT, choice)
            for event, choice, *where in self._pieces.close()
        ]
