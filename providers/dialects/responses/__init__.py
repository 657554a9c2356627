"""The dialect of OpenAI's Responses: items instead of messages, and events that are named for what they tell.

https://platform.openai.com/docs/api-reference/responses
"""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.dialects.base import StreamReader, WireMessage
from providers.dialects.openai import OpenAI
from providers.dialects.responses.answers import AnswerReader
from providers.dialects.responses.requests import request
from providers.dialects.wire import parsed_answer, written
from providers.errors import Broken
from providers.events import Event

__all__ = ["Responses"]


class Responses(OpenAI):
    """Keys, refusals and the list of models are those of chat completions, at the same base URL."""

    name = "responses"
    label = "OpenAI Responses"

    def completion_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/responses"

    def body(
        self, *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
    ) -> bytes:
        return written(request(model=model, messages=messages, parameters=parameters, stream=stream))

    def stream_reader(self) -> StreamReader:
        return AnswerReader(self.read_cost)

    def read_answer(self, body: bytes) -> list[Event]:
        answer = parsed_answer(body)
        events = AnswerReader(self.read_cost).read_whole(answer)
        if not isinstance(answer.get("output"), list):
            raise Broken("protocol_error", "The answer has no output.")
        return events
