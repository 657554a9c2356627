"""The dialect of OpenAI's chat completions, which nearly every provider speaks with an accent of its own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from providers.dialects.base import StreamReader, WireMessage
from providers.dialects.openai.answers import AnswerReader
from providers.dialects.openai.complaints import is_web_page
from providers.dialects.openai.model_list import read_items
from providers.dialects.openai.refusals import refusal, refusal_in
from providers.errors import Broken, ProviderError
from providers.events import Cost, Event
from providers.untrusted import parse_json

__all__ = ["OpenAI"]

# What the request says itself. Parameters of these names would make the record of a run untrue.
RESERVED = frozenset({"model", "messages", "stream"})


class OpenAI:
    name = "openai"

    def completion_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/chat/completions"

    def model_list_urls(self, base_url: str) -> list[str]:
        return [f"{base_url.rstrip('/')}/models"]

    def key_check_url(self, base_url: str) -> str:
        return f"{base_url.rstrip('/')}/models"

    def headers(self, key: str | None) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        return headers | {"Authorization": f"Bearer {key}"} if key else headers

    def body(
        self, *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
    ) -> bytes:
        asked = {name: value for name, value in parameters.items() if name not in RESERVED}
        body = {"model": model, "messages": list(messages), **asked, **({"stream": True} if stream else {})}
        written = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # Half a surrogate pair, pasted from somewhere, has no UTF-8.
        return written.encode("utf-8", "replace")

    def stream_reader(self) -> StreamReader:
        return AnswerReader(self.read_cost)

    def read_answer(self, body: bytes) -> list[Event]:
        answer = _parsed(body)
        if not isinstance(answer, dict):
            raise Broken("protocol_error", "The answer is not an object.")
        events = AnswerReader(self.read_cost).read_whole(answer)
        if not isinstance(answer.get("choices"), list) or not answer["choices"]:
            raise Broken("protocol_error", "The answer has no choices.")
        return events

    def read_cost(self, answer: Mapping[str, Any]) -> Cost | None:
        """What the provider says the call cost. This dialect has no word for it."""
        return None

    def read_model_list(self, body: bytes) -> list[dict[str, Any]]:
        listing = _parsed(body)
        items = read_items(listing)
        if items is None and isinstance(listing, dict) and listing.get("error"):
            raise refusal_in(listing)
        if items is None:
            raise Broken("protocol_error", "This is not a list of models.")
        return items

    def error(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        return refusal(status, headers, body)


def _parsed(body: bytes) -> Any:
    try:
        return parse_json(body.decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise Broken("not_an_api" if is_web_page(body) else "protocol_error", "The answer is not JSON.") from error
