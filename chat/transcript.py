"""What is sent of a conversation. Pure: no Django, no I/O."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Turn(NamedTuple):
    """A message of the branch in view: who said it, and the text as it is now."""

    role: str
    text: str


def build(turns: Iterable[Turn], *, system_prompt: str = "", roles: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The messages of a request, oldest first.

    `roles` are those the model is known to accept; none known means all. Where a system prompt is not among them it
    goes in front of the first user message. A reply that came to nothing is left out, with the question it did not
    answer kept: two user messages in a row are said as two.
    """
    messages = [{"role": turn.role, "content": turn.text} for turn in turns if turn.text]
    if not system_prompt.strip():
        return messages
    if not roles or "system" in roles:
        return [{"role": "system", "content": system_prompt}, *messages]
    for message in messages:
        if message["role"] == "user":
            message["content"] = f"{system_prompt}\n\n{message['content']}"
            break
    return messages
