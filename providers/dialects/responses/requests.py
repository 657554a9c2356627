"""What is asked for, in this dialect's words: instructions and items of input, and other names for some parameters.

What has no other name here goes out as it is, so that a tester can use whatever the API has.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile, takewhile
from typing import Any

from providers.dialects.base import RESERVED, WireMessage
from providers.dialects.results import told_in_words

# Roles whose messages are instructions where they come first, and items like the others where they do not.
INSTRUCTING = frozenset({"system", "developer"})
# The words of chat completions for the limit, of which the first that is there counts.
LIMITS = ("max_tokens", "max_completion_tokens")
# Without it the provider keeps every answer for a month. The conversation is kept here, so it need not.
KEPT_BY_THE_PROVIDER = {"store": False}


def request(
    *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
) -> dict[str, Any]:
    instructions = "\n\n".join(message["content"] for message in takewhile(_is_instruction, messages))
    return {
        "model": model,
        **({"instructions": instructions} if instructions else {}),
        "input": _items(dropwhile(_is_instruction, messages)),
        **KEPT_BY_THE_PROVIDER,
        **_asked({name: value for name, value in parameters.items() if name not in RESERVED}),
        **({"stream": True} if stream else {}),
    }


def _is_instruction(message: WireMessage) -> bool:
    return message.get("role") in INSTRUCTING and isinstance(message.get("content"), str)


def _items(messages: Iterable[WireMessage]) -> list[Any]:
    items: list[Any] = []
    custom: set[Any] = set()
    for message in messages:
        custom.update(call.get("id") for call in message.get("tool_calls") or [] if "custom" in call)
        if message.get("role") == "tool":
            items.append(_result(told_in_words(message), is_custom=message.get("tool_call_id") in custom))
        else:
            # Thoughts go back before what they led to.
            items += message.get("reasoning_items") or []
            if message.get("content"):
                items.append({"role": message.get("role"), "content": _content(message)})
            items += [_call(call) for call in message.get("tool_calls") or []]
    return items


def _result(message: WireMessage, *, is_custom: bool) -> dict[str, Any]:
    call_id, content = message.get("tool_call_id"), message.get("content")
    kind = "custom_tool_call_output" if is_custom else "function_call_output"
    return {"type": kind, "call_id": call_id, "output": content or ""}


def _call(call: Mapping[str, Any]) -> Mapping[str, Any]:
    match call:
        case {"id": call_id, "function": {"name": name, **rest}}:
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": rest.get("arguments", "")}
        case {"id": call_id, "custom": {"name": name, "input": text}}:
            return {"type": "custom_tool_call", "call_id": call_id, "name": name, "input": text}
        case _:
            return call


def _content(message: WireMessage) -> Any:
    content = message.get("content")
    if not isinstance(content, list):
        return content
    text = "output_text" if message.get("role") == "assistant" else "input_text"
    return [_part(part, text) for part in content]


def _part(part: Any, text_type: str) -> Any:
    match part:
        case {"type": "text", "text": text}:
            return {"type": text_type, "text": text}
        case {"type": "image_url", "image_url": {"url": url, **rest}}:
            detail = {"detail": rest["detail"]} if rest.get("detail") else {}
            return {"type": "input_image", "image_url": url, **detail}
        case {"type": "file", "file": {"file_data": str(data), **rest}} if data.startswith(("http:", "https:")):
            # The address says the name.
            return {"type": "input_file", "file_url": data, **{key: rest[key] for key in rest if key != "filename"}}
        case {"type": "file", "file": dict(file)}:
            return {"type": "input_file", **file}
        case _:
            return part


def _asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in the words of this dialect."""
    limit = next((parameters[name] for name in LIMITS if parameters.get(name) is not None), None)
    asked: dict[str, Any] = {} if limit is None else {"max_output_tokens": limit}
    for name, value in parameters.items():
        match name, value:
            case (("max_tokens" | "max_completion_tokens"), _):
                # Said already.
                pass
            case "stream_options", dict():
                # Usage comes unasked.
                if options := {key: option for key, option in value.items() if key != "include_usage"}:
                    asked["stream_options"] = options
            case "reasoning_effort", str():
                asked["reasoning"] = asked.get("reasoning", {}) | {"effort": value}
            case "reasoning", dict():
                asked["reasoning"] = asked.get("reasoning", {}) | value
            case "verbosity", str():
                asked["text"] = asked.get("text", {}) | {"verbosity": value}
            case "response_format", dict():
                asked["text"] = asked.get("text", {}) | {"format": _unwrapped(value, "json_schema")}
            case "logprobs", bool():
                if value:
                    asked["include"] = [*asked.get("include", []), "message.output_text.logprobs"]
            case "include", list():
                asked["include"] = [*asked.get("include", []), *value]
            case "tools", list():
                asked["tools"] = [_unwrapped(_unwrapped(tool, "function"), "custom") for tool in value]
            case "tool_choice", dict():
                asked["tool_choice"] = _unwrapped(_unwrapped(value, "function"), "custom")
            case _:
                asked[name] = value
    return asked


def _unwrapped(value: Any, name: str) -> Any:
    """`{"type": name, name: {…}}` with its inside put beside its type, as this dialect has it."""
    if isinstance(value, dict) and value.get("type") == name and isinstance(value.get(name), dict):
        return {"type": name, **value[name]}
    return value
