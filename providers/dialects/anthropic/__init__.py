"""The dialect of Anthropic's Messages: blocks instead of choices, and a system prompt of its own.

https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.dialects.anthropic.answers import AnswerReader
from providers.dialects.anthropic.model_list import read_items
from providers.dialects.anthropic.requests import request
from providers.dialects.base import StreamReader, WireMessage
from providers.dialects.refusals import refusal, refusal_in
from providers.dialects.wire import parsed, parsed_answer, written
from providers.errors import Broken, ProviderError
from providers.events import Event

__all__ = ["Anthropic"]

# The form of requests and answers; models and features do not depend on it.
VERSION = "2023-06-01"


class Anthropic:
    name = "anthropic"
    label = "Anthropic Messages"

    def completion_url(self, base_url: str) -> str:
        return f"{_host(base_url)}/v1/messages"

    def model_list_urls(self, base_url: str) -> list[str]:
        """In one page, the largest that is given; the usual one has 20."""
        return [f"{_host(base_url)}/v1/models?limit=1000"]

    def key_check_url(self, base_url: str) -> str:
        return f"{_host(base_url)}/v1/models?limit=1"

    def headers(self, key: str | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "anthropic-version": VERSION}
        return headers | {"x-api-key": key} if key else headers

    def body(
        self, *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
    ) -> bytes:
        return written(request(model=model, messages=messages, parameters=parameters, stream=stream))

    def stream_reader(self) -> StreamReader:
        return AnswerReader()

    def read_answer(self, body: bytes) -> list[Event]:
        answer = parsed_answer(body)
        events = AnswerReader().read_whole(answer)
        if not isinstance(answer.get("content"), list):
            raise Broken("protocol_error", "The answer has no content.")
        return events

    def read_model_list(self, body: bytes) -> list[dict[str, Any]]:
        listing = parsed(body)
        items = read_items(listing)
        if items is None and isinstance(listing, dict) and listing.get("error"):
            raise refusal_in(listing)
        if items is None:
            raise Broken("protocol_error", "This is not a list of models.")
        return items

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return refusal(status, headers, body)


def _host(base_url: str) -> str:
    """The base URL as it was meant: with or without its `/v1`."""
    return base_url.rstrip("/").removesuffix("/v1")
