"""What is sent of a conversation. Pure: no Django, no I/O."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple

from providers.dialects.anthropic.requests import block

# Roles that give instructions. A model that has no such role is told by the user, visibly.
INSTRUCTING = ("system", "developer")


class Turn(NamedTuple):
    """A message of the branch in view: who said it, the text as it is now, and what it carries beside the text."""

    role: str
    text: str
    # The `name` of who speaks, where one was given.
    name: str = ""
    # Images, files, sounds and videos, as parts of a message in the shape of chat completions.
    parts: Sequence[Mapping[str, Any]] = ()
    # The calls a model made in this message: {"id", "name", "arguments"} each, of a custom tool with its "type".
    tool_calls: Sequence[Mapping[str, str]] = ()
    # In a message of the role "tool": the call that it answers.
    tool_call_id: str = ""
    # What a provider wants back unread with the next turn, by the name a message has it under; `call_extras` belong to
    # the calls, by their ids.
    extras: Mapping[str, Any] = {}
    # In a message of the role "tool": the call failed.
    is_error: bool = False


def is_of_one_family(one: str, other: str) -> bool:
    """Whether two models, by their ids, can read each other's sealed thoughts: Claude those of Claude, and so on.

    The family is what the name begins with, whoever offers the model and whatever its version.
    """
    return bool(_family(one)) and _family(one) == _family(other)


def _family(model_id: str) -> str:
    found = re.match(r"[a-z]+", model_id.rpartition("/")[2].lower())
    return found[0] if found else ""


def build(
    turns: Iterable[Turn],
    *,
    system_prompt: str = "",
    system_role: str = "system",
    roles: Sequence[str] = (),
    input_parts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The messages of a request, oldest first.

    `roles` are those the model is known to accept; none known means all. Where a system prompt is not among them it
    goes in front of the first user message, and an instruction further on is said by the user. `input_parts` are the
    parts it is known to accept: some know images and files only as blocks. A reply that came to nothing is left out,
    with the question it did not answer kept: two user messages in a row are said as two. A call that nobody answered is
    left out too, since providers refuse a conversation with one.
    """
    said = [turn._replace(role=_role(turn.role, roles)) for turn in turns]
    said = [_with_answered_calls(turn, said, place) if turn.tool_calls else turn for place, turn in enumerate(said)]
    takes_blocks = "image" in input_parts and "image_url" not in input_parts
    messages = [_message(turn, takes_blocks=takes_blocks) for turn in said if _says_something(turn)]
    if not system_prompt.strip():
        return messages
    role = _role(system_role, roles)
    if role in INSTRUCTING:
        return [{"role": role, "content": system_prompt}, *messages]
    for message in messages:
        if message["role"] == "user":
            message["content"] = _with_text_before(system_prompt, message["content"])
            break
    return messages


def _with_answered_calls(turn: Turn, said: Sequence[Turn], place: int) -> Turn:
    """The turn without the calls that have no result right behind it: some providers use their ids again later."""
    results = takewhile(lambda after: after.tool_call_id, islice(said, place + 1, None))
    answered = {result.tool_call_id for result in results}
    return turn._replace(tool_calls=[call for call in turn.tool_calls if call["id"] in answered])


def _says_something(turn: Turn) -> bool:
    return bool(turn.text or turn.parts or turn.tool_calls or turn.tool_call_id)


def _role(role: str, roles: Sequence[str]) -> str:
    """The role that comes nearest to this one among those the model takes."""
    if role not in INSTRUCTING or not roles or role in roles:
        return role
    return "system" if "system" in roles else "user"


def _with_text_before(text: str, content: Any) -> Any:
    if isinstance(content, str):
        return f"{text}\n\n{content}"
    return [{"type": "text", "text": text}, *content]


def _message(turn: Turn, *, takes_blocks: bool = False) -> dict[str, Any]:
    """The turn in the shape of chat completions, with nothing in it that a strict server might refuse.

    That a result is an error has no place in that shape: each dialect says `is_error` in its own way.
    """
    message: dict[str, Any] = {"role": turn.role}
    extras = dict(turn.extras)
    signed = extras.pop("call_extras", {})
    if turn.name:
        message["name"] = turn.name
    if turn.parts:
        text = [{"type": "text", "text": turn.text}] if turn.text else []
        message["content"] = [*text, *(map(block, turn.parts) if takes_blocks else turn.parts)]
    elif turn.text or not turn.tool_calls:
        message["content"] = turn.text
    if turn.tool_calls:
        message["tool_calls"] = [_call(call, signed.get(call["id"])) for call in turn.tool_calls]
    if turn.tool_call_id:
        message["tool_call_id"] = turn.tool_call_id
    if turn.is_error:
        message["is_error"] = True
    return message | extras


def _call(call: Mapping[str, str], extra_content: Any = None) -> dict[str, Any]:
    if call.get("type") == "custom":
        return {"id": call["id"], "type": "custom", "custom": {"name": call["name"], "input": call["arguments"]}}
    function = {"name": call["name"], "arguments": call["arguments"]}
    signature = {"extra_content": extra_content} if extra_content else {}
    return {"id": call["id"], "type": "function", "function": function, **signature}
