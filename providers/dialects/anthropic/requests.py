"""What is asked for, in this dialect's words.

The system prompt stands beside the messages, tool calls and their results are blocks within them, and a limit is
required. What has no other name here goes out as it is, so that a tester can use whatever the API has.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.dialects.base import RESERVED, WireMessage
from providers.untrusted import parse_json

# Roles whose messages are instructions, wherever they stand; this dialect has one place for them.
INSTRUCTING = frozenset({"system", "developer"})
# Tokens of an answer when nobody said how many: the API takes no request without a limit.
LIMIT = 4096
# The words of chat completions for the limit, of which the first that is there counts.
LIMITS = ("max_tokens", "max_completion_tokens")
DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+);base64,(?P<data>.*)", re.DOTALL)
CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def request(
    *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
) -> dict[str, Any]:
    instructions = [message.get("content") for message in messages if message.get("role") in INSTRUCTING]
    spoken = [message for message in messages if message.get("role") not in INSTRUCTING]
    system = _system(instructions)
    return {
        "model": model,
        **({"system": system} if system else {}),
        "messages": _turns(spoken),
        **_asked({name: value for name, value in parameters.items() if name not in RESERVED}),
        **({"stream": True} if stream else {}),
    }


def _system(instructions: Iterable[Any]) -> str | list[Any]:
    """One text, unless somebody wrote parts."""
    contents = [content for content in instructions if content]
    if all(isinstance(content, str) for content in contents):
        return "\n\n".join(contents)
    return [block for content in contents for block in _blocks(content)]


def _turns(messages: Iterable[WireMessage]) -> list[dict[str, Any]]:
    """The messages of the two who speak here. Results of tools are said by the user, all in one message."""
    turns: list[dict[str, Any]] = []
    results: list[Any] | None = None
    for message in messages:
        if message.get("role") != "tool":
            turns.append(_turn(message))
            results = None
        elif results is None:
            results = [_result(message)]
            turns.append({"role": "user", "content": results})
        else:
            results.append(_result(message))
    return turns


def _turn(message: WireMessage) -> dict[str, Any]:
    role, content = message.get("role"), message.get("content")
    # Thoughts go back first and unchanged, or the provider refuses the turn.
    thoughts, calls = message.get("thinking") or [], message.get("tool_calls") or []
    if isinstance(content, str) and not thoughts and not calls:
        return {"role": role, "content": content}
    return {"role": role, "content": [*thoughts, *_blocks(content), *map(_call, calls)]}


def _result(message: WireMessage) -> dict[str, Any]:
    content = message.get("content")
    return {
        "type": "tool_result",
        "tool_use_id": message.get("tool_call_id"),
        "content": content if isinstance(content, str) else _blocks(content),
        **({"is_error": True} if message.get("is_error") else {}),
    }


def _blocks(content: Any) -> list[Any]:
    if isinstance(content, list):
        return [block(part) if isinstance(part, dict) else part for part in content]
    # An empty block is refused, no block is not.
    return [{"type": "text", "text": content}] if content else []


def block(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a message in this dialect; what it has no word for stays as it is."""
    match part:
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return {"type": "image", "source": _source(url)}
        case {"type": "file", "file": {"file_data": str(data), **rest}}:
            title = {"title": rest["filename"]} if rest.get("filename") else {}
            return {"type": "document", "source": _document(data), **title}
        case _:
            return part


def _source(url: str) -> dict[str, str]:
    found = DATA_URL.fullmatch(url)
    return {"type": "base64", **found.groupdict()} if found else {"type": "url", "url": url}


def _document(data: str) -> dict[str, str]:
    """A file is told as base64, with or without the head of a data URL, or as an address."""
    if data.startswith(("data:", "http:", "https:")):
        return _source(data)
    return {"type": "base64", "media_type": "application/pdf", "data": data}


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    match call:
        case {"id": call_id, "function": {"name": name, **rest}}:
            return {"type": "tool_use", "id": call_id, "name": name, "input": _arguments(rest.get("arguments"))}
        case {"id": call_id, "custom": {"name": name, "input": text}}:
            return {"type": "tool_use", "id": call_id, "name": name, "input": {"input": text}}
        case _:
            return call


def _arguments(written: Any) -> Any:
    """What the model wrote, as the object that it has to be here."""
    try:
        value = parse_json(written)
    except (TypeError, AttributeError, ValueError):
        value = written
    return value if isinstance(value, dict) else {"arguments": value} if value else {}


def _asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in the words of this dialect."""
    limit = next((parameters[name] for name in LIMITS if parameters.get(name) is not None), LIMIT)
    asked: dict[str, Any] = {"max_tokens": limit}
    for name, value in parameters.items():
        match name, value:
            case (("max_tokens" | "max_completion_tokens" | "stream_options"), _):
                # The first two are said already; usage comes unasked.
                pass
            case "stop", str() | list():
                asked["stop_sequences"] = [value] if isinstance(value, str) else value
            case "tools", list():
                asked["tools"] = [_tool(tool) for tool in value]
            case "tool_choice", _:
                asked["tool_choice"] = _choice(value) | asked.get("tool_choice", {})
            case "parallel_tool_calls", bool():
                choice = asked.get("tool_choice", {"type": "auto"} if "tool_choice" not in parameters else {})
                asked["tool_choice"] = choice | {"disable_parallel_tool_use": not value}
            case "reasoning_effort", str():
                asked["output_config"] = asked.get("output_config", {}) | {"effort": value}
            case "response_format", {"type": "json_schema", "json_schema": {"schema": schema}}:
                form = {"type": "json_schema", "schema": schema}
                asked["output_config"] = asked.get("output_config", {}) | {"format": form}
            case _:
                asked[name] = value
    return asked


def _tool(tool: Any) -> Any:
    match tool:
        case {"type": "function", "function": {"name": name, **rest}}:
            told = {key: rest[key] for key in ("description", "strict") if rest.get(key) is not None}
            return {"name": name, **told, "input_schema": rest.get("parameters") or {"type": "object"}}
        case _:
            return tool


def _choice(value: Any) -> dict[str, Any]:
    match value:
        case {"type": "function", "function": {"name": name}}:
            return {"type": "tool", "name": name}
        case dict():
            return value
        case _:
            return {"type": CHOICES.get(value, value)}
