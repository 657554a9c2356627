"""What was found in a pasted text, without its key. Pure: no Django, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from providers.untrusted import clean

# Names under which code holds a key. A member of such a name is dropped, if it is a text: a schema may speak of one.
SECRET_NAME = re.compile(
    r"(proxy[-_])?authorization|((x|goog|openai|anthropic|aiml)[-_])*api[-_]?(key|token)|(access|auth|bearer)[-_]?token"
    r"|secret|password|cookie|apikey",
    re.IGNORECASE,
)
# Characters; a shorter one may be an ordinary word.
SHORTEST_KEY = 8
# Characters of texts that a code may come to, and steps of reading it: names that stand for names could multiply.
LARGEST = 5_000_000
MOST_STEPS = 200_000
TOO_MUCH = "The code comes to more than can be read."
NO_REQUEST = (
    "No request can be read in it. What can be: a cURL command, JSON, and Python or JavaScript that calls a provider "
    "with its values written out."
)
ENVIRONMENT = re.compile(r"\$\{?\w+\}?|%\w+%")


class UnreadableError(ValueError):
    """There is no request in it: what is the matter, and what to do, in a sentence. It quotes nothing of the text."""


@dataclass(frozen=True)
class Missing:
    """A value that the code does not write out: a call, something read from elsewhere."""


@dataclass(frozen=True)
class Environment(Missing):
    """A value that comes from the environment, as keys should."""


@dataclass
class Found:
    """What a reader of a language has gathered; it may hold `Missing` where a value is not written out."""

    url: Any = ""
    body: Any = None
    # Values that keys were written as.
    secrets: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def hide(self, value: Any) -> None:
        """This stands where a key stands: it is forgotten, if it is one."""
        if isinstance(value, str) and not ENVIRONMENT.search(value):
            self.secrets |= {word for word in value.split()[-1:] if len(word) >= SHORTEST_KEY}

    def hide_headers(self, headers: Any) -> None:
        if isinstance(headers, Mapping):
            for name, value in headers.items():
                if SECRET_NAME.fullmatch(str(name)):
                    self.hide(value)


@dataclass(frozen=True)
class Pasted:
    """A request as somebody wrote it down: where it goes and what it says. No key is in it."""

    url: str
    body: dict[str, Any]
    had_key: bool = False
    # What could not be taken, in sentences.
    notes: tuple[str, ...] = ()


def taken(found: Found) -> Pasted:
    """What can be used of it. Raises `UnreadableError` when that is not a request to a model."""
    url = _without_secrets(found.url if isinstance(found.url, str) else "", found)
    body = {"messages": found.body} if _are_messages(found.body) else found.body
    body = clean(_written_out(body, "", found)) if isinstance(body, dict) else None
    if not body or not body.keys() & {"model", "messages", "input", "prompt"}:
        raise UnreadableError("There is no request to a model in it: it has neither a model nor messages.")
    body = _forgetting(body, found.secrets)
    notes = [_forgetting(note, found.secrets) for note in found.notes]
    return Pasted(url, body, had_key=bool(found.secrets), notes=tuple(notes))


def _are_messages(body: Any) -> bool:
    return isinstance(body, list) and any(isinstance(message, dict) and "role" in message for message in body)


def _written_out(value: Any, place: str, found: Found) -> Any:
    """The value without what is missing or secret; the first is said by its place."""
    match value:
        case dict():
            kept = {}
            for name, inner in value.items():
                if SECRET_NAME.fullmatch(str(name)) and isinstance(inner, str | Missing):
                    found.hide(inner)
                elif isinstance(inner, Missing):
                    found.note(_not_written(f"{place}{name}"))
                else:
                    kept[str(name)] = _written_out(inner, f"{place}{name}.", found)
            return kept
        case list() | tuple():
            listed = []
            for number, inner in enumerate(value, start=1):
                if isinstance(inner, Missing):
                    found.note(_not_written(f"{place.rstrip('.')} {number}"))
                else:
                    listed.append(_written_out(inner, f"{place.rstrip('.')} {number}.", found))
            return listed
        case _:
            return value


def _not_written(place: str) -> str:
    return f"“{place[:100]}” was left out: the code does not write out its value."


def _without_secrets(url: str, found: Found) -> str:
    """The address without user, password, query and fragment: each may hold a key."""
    try:
        parts = urlsplit(url.strip())
        found.hide(parts.password)
    except ValueError:
        return ""
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if name == "key" or SECRET_NAME.fullmatch(name):
            found.hide(value)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _forgetting(value: Any, secrets: set[str]) -> Any:
    """The value with the keys that stood elsewhere in the code blanked out wherever else they stand."""
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret, "…")
            return value
        case dict():
            return {_forgetting(name, secrets): _forgetting(inner, secrets) for name, inner in value.items()}
        case list():
            return [_forgetting(inner, secrets) for inner in value]
        case _:
            return value
