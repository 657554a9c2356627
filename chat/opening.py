"""What a request that was written elsewhere puts into the playground. Pure: no Django, no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat.transcript import Turn

# What of a request is no parameter, or is the playground's own business.
NOT_PARAMETERS = frozenset(
    {"model", "messages", "input", "prompt", "system", "instructions", "stream", "stream_options"}
)
ROLES = {"user": "user", "human": "user", "assistant": "assistant", "model": "assistant"}
SYSTEM_ROLES = ("system", "developer")
TEXT_PARTS = ("text", "input_text", "output_text")
PARTS = {
    "image_url": "An image", "image": "An image", "input_image": "An image", "input_audio": "A sound",
    "audio": "A sound", "video_url": "A video", "file": "A file", "input_file": "A file", "document": "A file",
    "tool_use": "A tool call", "tool_result": "A tool's result", "thinking": "The reasoning",
}  # fmt: skip
# Messages that are taken as what was said before; each becomes a row.
MOST_TURNS = 500


@dataclass(frozen=True)
class Opening:
    """A model, a system prompt, what was said before, the next message, the parameters, and what could not be taken."""

    model_id: str
    system_prompt: str
    turns: tuple[Turn, ...]
    text: str
    parameters: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Opening":
        """The opening that comes nearest to this request, in whichever dialect it is written."""
        notes: list[str] = []
        system = [_text(body.get(name), "the system prompt", notes) for name in ("system", "instructions")]
        turns = list(_turns(_messages(body), system, notes))
        text = turns.pop().text if turns and turns[-1].role == "user" else ""
        if len(turns) > MOST_TURNS:
            notes.append(f"Of {len(turns):,} earlier messages the last {MOST_TURNS} were taken.")
        if turns and not text:
            notes.append("Its last message is an answer. Write the next one.")
        model = body.get("model")
        return cls(
            model_id=model.strip() if isinstance(model, str) else "",
            system_prompt="\n\n".join(part for part in system if part),
            turns=tuple(turns[-MOST_TURNS:]),
            text=text,
            parameters={
                name: value for name, value in body.items() if name not in NOT_PARAMETERS and value is not None
            },
            notes=tuple(notes),
        )


def _messages(body: Mapping[str, Any]) -> list[Any]:
    """The messages, wherever a dialect has them; a text alone is a message of the person."""
    for name in ("messages", "input", "prompt"):
        match body.get(name):
            case str(text):
                return [{"role": "user", "content": text}]
            case list(messages):
                return messages
    return []


def _turns(messages: list[Any], system: list[str], notes: list[str]) -> Iterator[Turn]:
    """What was said, oldest first. System messages at the beginning become part of the system prompt."""
    is_beginning = True
    for number, message in enumerate(messages, start=1):
        role = message.get("role") if isinstance(message, dict) else None
        if role in SYSTEM_ROLES and is_beginning:
            system.append(_text(message.get("content"), f"message {number}", notes))
        elif role in ROLES:
            is_beginning = False
            notes += _unsaid(message, number)
            if text := _text(message.get("content"), f"message {number}", notes):
                yield Turn(ROLES[role], text)
        else:
            said = f", which has the role “{role[:40]}”," if isinstance(role, str) else ""
            notes.append(f"Message {number}{said} was left out: a conversation here cannot hold it.")


def _text(content: Any, where: str, notes: list[str]) -> str:
    """The text of a content: itself, or the texts among its parts."""
    if isinstance(content, str):
        return content
    texts = []
    for part in content if isinstance(content, list) else []:
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        text = part.get("text") if isinstance(part, dict) else part
        if kind in TEXT_PARTS and isinstance(text, str):
            texts.append(text)
        else:
            notes.append(f"{PARTS.get(str(kind), 'A part')} in {where} was left out.")
    return "\n\n".join(texts)


def _unsaid(message: Mapping[str, Any], number: int) -> list[str]:
    """Sentences about what a message carries beside its text."""
    others = [name for name, value in message.items() if value and name not in ("role", "content", "type", "id")]
    return [f"“{name[:40]}” of message {number} was left out." for name in others]
