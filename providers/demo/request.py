"""What is asked of the demo, read from the body of a request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# Tokens a second, where neither the request nor the model says otherwise: a pace one can read at.
READING_PACE = 40.0


class RequestError(Exception):
    """The body cannot be understood; the message is for the person."""


@dataclass(frozen=True)
class Request:
    """A request for a completion."""

    model: str
    messages: list[dict[str, Any]]
    parameters: Mapping[str, Any]

    @classmethod
    def read(cls, body: bytes) -> Self:
        try:
            asked = json.loads(body)
        except ValueError as error:
            raise RequestError("The body is not JSON.") from error
        if not isinstance(asked, dict) or not isinstance(asked.get("model"), str):
            raise RequestError("The body names no model.")
        messages = asked.get("messages")
        if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
            raise RequestError("The body has no messages.")
        return cls(asked["model"], messages, asked)

    @property
    def streams(self) -> bool:
        return self.parameters.get("stream") is True

    @property
    def max_tokens(self) -> int:
        limits = [self.number(name, 0) for name in ("max_tokens", "max_completion_tokens")]
        return int(min((limit for limit in limits if limit), default=1_000_000))

    @property
    def choices(self) -> int:
        return int(min(max(self.number("n", 1), 1), 8))

    @property
    def seed(self) -> int | None:
        seed = self.parameters.get("seed")
        return seed if isinstance(seed, int) else None

    @property
    def stops(self) -> list[str]:
        stop = self.parameters.get("stop") or []
        return [one for one in ([stop] if isinstance(stop, str) else stop) if one]

    def number(self, name: str, default: float) -> float:
        """A parameter that is a number of at least 0; what is not is as if it were not there."""
        value: Any = self.parameters.get(name)
        return value if type(value) in (int, float) and value >= 0 else default

    @property
    def last_text(self) -> str:
        """The text of the last user message, as it was written."""
        return "".join(str(part.get("text", "")) for part in self.last_parts if part.get("type") == "text")

    @property
    def last_parts(self) -> list[dict[str, Any]]:
        asked = [message for message in self.messages if message.get("role") == "user"]
        content = asked[-1].get("content") if asked else ""
        if isinstance(content, list):
            return [part for part in content if isinstance(part, dict)]
        return [{"type": "text", "text": content or ""}]

    @property
    def tool_results(self) -> list[str]:
        """What tools answered to the calls made last."""
        after_the_question: list[str] = []
        for message in self.messages:
            if message.get("role") == "user":
                after_the_question = []
            elif message.get("role") == "tool":
                after_the_question.append(str(message.get("content", "")))
        return after_the_question

    @property
    def words(self) -> int:
        """Words in all messages, which the demo calls its prompt tokens."""
        return sum(len(json.dumps(message.get("content"), ensure_ascii=False).split()) for message in self.messages)
