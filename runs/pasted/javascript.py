"""JavaScript that calls a provider: its literals are read, nothing of it is executed. Pure."""

from collections.abc import Mapping
from typing import Any

from runs.pasted.javascript_values import Values, json_in
from runs.pasted.request import NO_REQUEST, Found, UnreadableError
from runs.pasted.sdk import address

# Last names of the calls that are looked into.
METHODS = {"create", "parse", "stream", "fetch", "post"}


def read(text: str) -> Found:
    """The first request that the code makes. Raises `UnreadableError`."""
    found = Found()
    values = Values(text, found)
    client = _client(values, found)
    for place in range(1, len(values.tokens)):
        if values.tokens[place] == ("mark", "(", ()) and values.tokens[place - 1].text in METHODS:
            body = _body(_function(values, place - 1), _arguments(values, place), client, found)
            if body and isinstance(body, dict | list):
                found.body = body
                return found
    raise UnreadableError(NO_REQUEST)


def literal(text: str) -> Any:
    """The object or list that this text is, written as leniently as JavaScript does. Raises `UnreadableError`."""
    values = Values(text, Found())
    value = values.value()
    if values.text() in ("", ";") and values.place >= len(values.tokens) - 1 and not values.is_cut:
        return value
    raise UnreadableError("The JSON is not whole: a bracket, a quote or a comma is missing.")


def _client(values: Values, found: Found) -> Mapping[str, Any]:
    """What the SDK's client is made with."""
    for place in range(len(values.tokens)):
        is_client = values.tokens[place].text in ("OpenAI", "Anthropic") and values.tokens[place - 1].text == "new"
        arguments = _arguments(values, place + 1) if is_client else []
        if arguments and isinstance(arguments[0], dict):
            found.hide(arguments[0].get("apiKey"))
            found.hide_headers(arguments[0].get("defaultHeaders"))
            return arguments[0]
    return {}


def _arguments(values: Values, opening: int) -> list[Any]:
    """The arguments of the call whose bracket this is."""
    with values.standing_at(opening + 1):
        return values.listed(")")


def _function(values: Values, place: int) -> str:
    """`client.chat.completions.create`, read backwards from its last name."""
    tokens = values.tokens
    names = [tokens[place].text]
    while place >= 2 and tokens[place - 1].text in (".", "?.") and tokens[place - 2].kind == "name":
        place -= 2
        names.append(tokens[place].text)
    return ".".join(reversed(names))


def _body(function: str, arguments: list[Any], client: Mapping[str, Any], found: Found) -> Any:
    """What a call of this function sends; None when it sends nothing."""
    if url := address(function, client.get("baseURL")):
        found.url = url
        return arguments[0] if arguments else None
    match function.rsplit(".", 1)[-1], arguments:
        case "fetch" | "post", [str(path), dict(options), *_] if "body" in options:
            body = options["body"]
        case "post", [str(path), body, *others]:
            # axios: the body itself, and the options behind it.
            options = others[0] if others and isinstance(others[0], dict) else {}
        case _:
            return None
    found.hide_headers(options.get("headers"))
    base = client.get("baseURL")
    found.url = f"{base.rstrip('/')}{path}" if path.startswith("/") and isinstance(base, str) else path
    return json_in(body) if isinstance(body, str) else body
