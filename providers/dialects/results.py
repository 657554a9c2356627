"""Results of tools, where a dialect has no mark for one that is an error: the text says it."""

from typing import Any

from providers.dialects.base import WireMessage

MARK = "Error: "


def told_in_words(message: WireMessage) -> WireMessage:
    """The message as it is; a result that is an error says so in its text, unless it does anyway."""
    if "is_error" not in message:
        return message
    told = {name: value for name, value in message.items() if name != "is_error"}
    return {**told, "content": _marked(message.get("content"))} if message["is_error"] else told


def _marked(content: Any) -> Any:
    if isinstance(content, list):
        return [{"type": "text", "text": MARK.strip()}, *content]
    return content if str(content).lower().startswith("error") else f"{MARK}{content}"
