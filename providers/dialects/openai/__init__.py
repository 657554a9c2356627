"""The dialect of OpenAI's chat completions, which nearly every provider speaks with an accent of its own."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from providers.dialects.base import StreamReader, WireMessage
from providers.dialects.openai.answers import AnswerReader
from providers.dialects.openai.model_list import read_items
from providers.dialects.openai.requests import request
from providers.dialects.refusals import refusal, refusal_in
from providers.dialects.values import amount_in, within
from providers.dialects.wire import parsed, parsed_answer, written
from providers.errors import Broken, ProviderError
from providers.events import Cost, Event

__all__ = ["OpenAI"]


class OpenAI:
    name = "openai"
    label = "OpenAI-compatible"

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
        return written(request(model=model, messages=messages, parameters=parameters, stream=stream))

    def stream_reader(self) -> StreamReader:
        return AnswerReader(self.read_cost)

    def read_answer(self, body: bytes) -> list[Event]:
        answer = parsed_answer(body)
        events = AnswerReader(self.read_cost).read_whole(answer)
        if not isinstance(answer.get("choices"), list) or not answer["choices"]:
            raise Broken("protocol_error", "The answer has no choices.")
        return events

    def read_cost(self, answer: Mapping[str, Any]) -> Cost | None:
        """What OpenRouter charged, in dollars, known by its word `is_byok`.

        With a key of one's own there it is only the fee; and where somebody passes its answers on, as those with a
        `meta` do, it is not what they charge.
        """
        if not answer.get("usage") or within(answer, "usage", "is_byok") is not False or "meta" in answer:
            return None
        amount = amount_in(within(answer, "usage", "cost"))
        return None if amount is None else Cost(usd=Decimal(str(amount)), source="usage.cost")

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
