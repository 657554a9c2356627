"""The messages of a request in any dialect, as turns. Pure: no Django, no I/O.

The parts of a turn come out in the shape of chat completions, whichever they had.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from chat.transcript import Turn
from providers.dialects.wire import compact

ROLES = {
    "user": "user", "human": "user", "assistant": "assistant", "model": "assistant",
    "system": "system", "developer": "developer", "tool": "tool",
}  # fmt: skip
TEXT_PARTS = ("text", "input_text", "output_text")
LEFT_OUT = {
    "image_url": "An image", "image": "An image", "input_image": "An image", "input_audio": "A sound",
    "audio": "A sound", "video_url": "A video", "file": "A file", "input_file": "A file", "document": "A file",
    "thinking": "The reasoning", "redacted_thinking": "The reasoning", "reasoning": "The reasoning",
}  # fmt: skip
SAID = ("role", "content", "type", "id", "name", "tool_calls", "tool_call_id", "status")


def turns_of(messages: list[Any], notes: list[str]) -> Iterator[Turn]:
    """What was said, oldest first; what has no place in a turn becomes a note."""
    for number, message in enumerate(messages, start=1):
        where = f"message {number}"
        match message:
            case {"type": "function_call", "call_id": str(call_id), "name": str(name), **rest}:
                yield Turn("assistant", "", tool_calls=(_called(call_id, name, rest.get("arguments")),))
            case {"type": "function_call_output", "call_id": str(call_id), **rest}:
                yield Turn("tool", _result(rest.get("output"), where, notes), tool_call_id=call_id)
            case {"type": "reasoning"}:
                notes.append(f"The reasoning in {where} was left out.")
            case {"role": str(role)} if role in ROLES:
                yield from _turns(message, ROLES[role], where, notes)
            case _:
                unknown = message.get("role") if isinstance(message, dict) else None
                said = f", which has the role “{unknown[:40]}”," if isinstance(unknown, str) else ""
                notes.append(f"Message {number}{said} was left out: a conversation here cannot hold it.")


def text_of(content: Any, where: str, notes: list[str]) -> str:
    """The text of a content that can be nothing else."""
    text, parts = _content(content, where, notes)
    notes += [f"{LEFT_OUT.get(part['type'], 'A part')} in {where} was left out." for part in parts]
    return text


def _turns(message: Mapping[str, Any], role: str, where: str, notes: list[str]) -> Iterator[Turn]:
    """One turn, or several where results of tools are said within a message."""
    others = [name for name, value in message.items() if value and name not in SAID]
    notes += [f"“{name[:40]}” of {where} was left out." for name in others]
    content, results, calls = message.get("content"), [], []
    if isinstance(content, list):
        results = [part for part in content if isinstance(part, dict) and part.get("type") == "tool_result"]
        calls = [part for part in content if isinstance(part, dict) and part.get("type") == "tool_use"]
        content = [part for part in content if part not in results and part not in calls]
    for result in results:
        text = _result(result.get("content"), where, notes)
        failed = result.get("is_error") is True
        yield Turn("tool", text, tool_call_id=str(result.get("tool_use_id", "")), is_error=failed)
    text, parts = _content(content, where, notes)
    if role == "tool":
        yield Turn(role, text, name=_name(message), tool_call_id=str(message.get("tool_call_id") or ""))
        return
    called = [_called(str(call.get("id", "")), str(call.get("name", "")), call.get("input")) for call in calls]
    called += _calls(message.get("tool_calls"), where, notes)
    if text or parts or called:
        yield Turn(role, text, name=_name(message), parts=tuple(parts), tool_calls=tuple(called))


def _name(message: Mapping[str, Any]) -> str:
    name = message.get("name")
    return name[:64] if isinstance(name, str) else ""


def _calls(written: Any, where: str, notes: list[str]) -> list[dict[str, str]]:
    calls = []
    for call in written if isinstance(written, list) else []:
        match call:
            case {"id": str(call_id), "function": {"name": str(name), **rest}}:
                calls.append(_called(call_id, name, rest.get("arguments")))
            case _:
                notes.append(f"A tool call in {where} was left out.")
    return calls


def _called(call_id: str, name: str, arguments: Any) -> dict[str, str]:
    written = arguments if isinstance(arguments, str) else compact(arguments or {})
    return {"id": call_id, "name": name, "arguments": written}


def _result(content: Any, where: str, notes: list[str]) -> str:
    return text_of(content, where, notes)


def _content(content: Any, where: str, notes: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """The text of a content, and what it carries beside."""
    if isinstance(content, str):
        return content, []
    texts: list[str] = []
    parts: list[dict[str, Any]] = []
    is_mixed = False
    for part in content if isinstance(content, list) else []:
        kind = part.get("type", "text") if isinstance(part, dict) else "text"
        text = part.get("text") if isinstance(part, dict) else part
        if kind in TEXT_PARTS and isinstance(text, str):
            is_mixed = is_mixed or bool(parts)
            texts.append(text)
        elif isinstance(part, dict) and (read := _part(part)):
            parts.append(read)
        else:
            notes.append(f"{LEFT_OUT.get(str(kind), 'A part')} in {where} was left out.")
    if is_mixed:
        notes.append(f"The text of {where} was put before what it carries.")
    return "\n\n".join(texts), parts


def _part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    """A part in the shape of chat completions; None where it says nothing that can be sent."""
    match part:
        case {"type": "image_url", "image_url": {"url": str(url), **rest}}:
            return _image(url, rest.get("detail"))
        case {"type": "image_url" | "input_image", "image_url": str(url), **rest}:
            return _image(url, rest.get("detail"))
        case {"type": "image", "source": dict(source)}:
            url = _source(source)
            return _image(url, None) if url else None
        case {"type": "document", "source": dict(source), **rest}:
            url = _source(source)
            return _file(url, rest.get("title")) if url else None
        case {"type": "file", "file": {"file_data": str(data), **rest}}:
            return _file(data, rest.get("filename"))
        case {"type": "input_file", "file_data": str(data), **rest}:
            return _file(data, rest.get("filename"))
        case {"type": "input_file", "file_url": str(url)}:
            return _file(url, None)
        case {"type": "input_audio", "input_audio": {"data": str()}}:
            return {"type": "input_audio", "input_audio": part["input_audio"]}
        case {"type": "video_url", "video_url": {"url": str(url)}}:
            return {"type": "video_url", "video_url": {"url": url}}
        case _:
            return None


def _image(url: str, detail: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **({"detail": detail} if isinstance(detail, str) else {})}}


def _file(data: str, name: Any) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": data, **({"filename": name} if isinstance(name, str) else {})}}


def _source(source: Mapping[str, Any]) -> str:
    match source:
        case {"type": "url", "url": str(url)}:
            return url
        case {"data": str(data), **rest}:
            return f"data:{rest.get('media_type', '')};base64,{data}"
        case _:
            return ""
