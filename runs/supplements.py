"""What an answer brings beside its text, sorted out at its end: sources, sound, pictures, and what has to go back.

Everything here was written by a stranger: addresses are links and never loaded, a picture or a sound is served from
here as what its first bytes say it is. Pure: no Django, no I/O.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from runs.logprobs import LogprobLog

# Extras by their name, each with the values it came in.
Extras = Mapping[str, list[Any]]

# Sources that are listed; characters of an address, a title and a passage, above any honest one.
MOST_SOURCES, LONGEST_URL, LONGEST_TITLE, LONGEST_PASSAGE = 200, 2000, 300, 500
# Pictures of one answer, and bytes of a picture or a sound.
MOST_PICTURES, LARGEST_MEDIUM = 16, 32 * 1024 * 1024
# Shown elsewhere, or in here in another form; what is left of the extras is kept as it came.
TAKEN = frozenset({"audio", "images", "annotations", "citations", "search_results"})
# What providers want back, unread, with the next turn, by the name that a message has it under there.
# `call_extras` are the `extra_content` of tool calls, by the call's id.
GOES_BACK = frozenset(
    {"thinking", "reasoning_items", "reasoning_details", "extra_content", "encrypted_content", "call_extras"}
)
# Of these each value is one block, of reasoning_details a list of them; the others come once.
BLOCKS = frozenset({"thinking", "reasoning_items"})

PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
SOUNDS = {b"RIFF": "audio/wav", b"ID3": "audio/mpeg", b"\xff\xfb": "audio/mpeg", b"\xff\xf3": "audio/mpeg",
          b"fLaC": "audio/flac", b"OggS": "audio/ogg"}  # fmt: skip
# The one form of sound that has no head to tell it by: 16 bits, one channel, so many samples a second.
RAW_RATE = 24_000
DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,(.*)", re.DOTALL)


@dataclass(frozen=True)
class Medium:
    """A sound or a picture that the model made."""

    kind: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Brought:
    """All of that of one answer."""

    # As a page shows it, each only where there is some: "sources", what a sound says ("transcript"), addresses of
    # "pictures_elsewhere", the kinds of "media" by their number, and how many tokens of each choice were "weighed".
    shown: dict[str, Any] = field(default_factory=dict)
    for_next_turn: dict[str, Any] = field(default_factory=dict)
    media: list[Medium] = field(default_factory=list)
    # How likely each token was, packed.
    logprobs: bytes = b""
    # How the choices after the first ended, by their number.
    endings: dict[int, dict[str, str]] = field(default_factory=dict)
    # The extras that are none of these.
    rest: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        extras: Extras,
        *,
        logprobs: LogprobLog | None = None,
        endings: dict[int, dict[str, str]] | None = None,
    ) -> "Brought":
        pictures = list(_addresses_of_pictures(extras))
        media = [_sound(extras.get("audio", [])), *map(_picture, pictures[:MOST_PICTURES])]
        kept = [medium for medium in media if medium]
        shown = {
            "sources": list(_sources(extras))[:MOST_SOURCES],
            "transcript": "".join(_texts(extras.get("audio", []), "transcript")),
            "pictures_elsewhere": [url[:LONGEST_URL] for url in pictures if _host(url)][:MOST_PICTURES],
            "media": [medium.kind for medium in kept],
            # JSON has texts for names.
            "weighed": {str(choice): count for choice, count in logprobs.counts.items()} if logprobs else {},
        }
        return cls(
            shown={name: value for name, value in shown.items() if value},
            for_next_turn=_for_next_turn(extras),
            media=kept,
            logprobs=logprobs.packed() if logprobs else b"",
            endings=endings or {},
            rest={name: values for name, values in extras.items() if name not in TAKEN | GOES_BACK},
        )


# What goes back


def _for_next_turn(extras: Extras) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in GOES_BACK & extras.keys():
        values = extras[name]
        if name in BLOCKS:
            kept[name] = values
        elif name == "reasoning_details":
            kept[name] = [block for value in values if isinstance(value, list) for block in value]
        elif all(isinstance(value, str) for value in values):
            # A stream tells a long text in pieces.
            kept[name] = "".join(values)
        else:
            kept[name] = _merged(values)
    return kept


def _merged(values: Iterable[Any]) -> Any:
    """One object of several that came one after the other; the later one has the last word."""
    merged: dict[str, Any] = {}
    for value in values:
        for name, inner in value.items() if isinstance(value, dict) else ():
            both = isinstance(inner, dict) and isinstance(merged.get(name), dict)
            merged[name] = _merged([merged[name], inner]) if both else inner
    return merged


# Sources


def _sources(extras: Extras) -> Iterator[dict[str, str]]:
    """The places that the answer refers to, each once, in the order in which they came."""
    found: dict[str, dict[str, str]] = {}
    names = ("citations", "search_results", "annotations")
    for item in (item for name in names for item in _items(extras.get(name, []))):
        source = _source(item)
        if source:
            known = found.setdefault(source.get("url") or source["title"], source)
            known |= {name: text for name, text in source.items() if not known.get(name)}
    yield from found.values()


def _source(item: Any) -> dict[str, str] | None:
    """Address, title and passage of a source, as far as they are there; a title has it in any case."""
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, dict):
        return None
    inside = item.get("url_citation")
    item = inside if isinstance(inside, dict) else item
    url = _text(item, "url", LONGEST_URL)
    host = _host(url)
    title = _text(item, "title", LONGEST_TITLE) or _text(item, "document_title", LONGEST_TITLE)
    if not host and not title:
        return None
    source = {"title": title or host, "passage": _text(item, "cited_text", LONGEST_PASSAGE)}
    return source | ({"url": url, "host": host} if host else {})


def _host(url: str) -> str:
    """The host of a web address; empty for whatever else is written there."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "" if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def _text(item: Mapping[str, Any], name: str, most: int) -> str:
    text = item.get(name)
    # An address that is cut leads elsewhere; other texts are cut.
    if not isinstance(text, str) or (name == "url" and len(text) > most):
        return ""
    return " ".join(text.split())[:most]


def _items(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield from value if isinstance(value, list) else [value]


# Sound and pictures


def _sound(pieces: list[Any]) -> Medium | None:
    content = _decoded(_texts(pieces, "data"))
    if not content:
        return None
    content_type = _type_of(content, SOUNDS)
    if not content_type:
        content_type, content = "audio/wav", _wave(content)
    return Medium("audio", content_type, content)


def _texts(pieces: Iterable[Any], name: str) -> list[str]:
    return [piece[name] for piece in pieces if isinstance(piece, dict) and isinstance(piece.get(name), str)]


def _decoded(pieces: list[str]) -> bytes:
    """The bytes of base64 that came in pieces: each piece by itself, or one text that was cut."""
    try:
        return b"".join(base64.b64decode(piece, validate=True) for piece in pieces)[:LARGEST_MEDIUM]
    except (binascii.Error, ValueError):
        whole = re.sub(r"[^A-Za-z0-9+/]", "", "".join(pieces))
        return base64.b64decode(whole[: len(whole) // 4 * 4])[:LARGEST_MEDIUM]


def _wave(samples: bytes) -> bytes:
    """Raw samples with the head that players need."""
    rate, size = RAW_RATE.to_bytes(4, "little"), len(samples)
    per_second = (RAW_RATE * 2).to_bytes(4, "little")
    form = b"fmt \x10\x00\x00\x00\x01\x00\x01\x00" + rate + per_second + b"\x02\x00\x10\x00"
    head = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVE"
    return head + form + b"data" + size.to_bytes(4, "little") + samples


def _addresses_of_pictures(extras: Extras) -> Iterator[str]:
    """Where the pictures of an answer are: nearly always within their own addresses."""
    for item in _items([*extras.get("images", []), *extras.get("content", []), *extras.get("output", [])]):
        match item:
            case {"image_url": {"url": str(url)}} | {"image_url": str(url)} | {"url": str(url)}:
                yield url
            case {"type": "image_generation_call", "result": str(data)} | {"b64_json": str(data)}:
                yield f"data:image/png;base64,{data}"


def _picture(url: str) -> Medium | None:
    found = DATA_URL.fullmatch(url)
    content = _decoded([found[1]]) if found else b""
    content_type = "image/webp" if content[8:12] == b"WEBP" else _type_of(content, PICTURES)
    return Medium("image", content_type, content) if content_type else None


def _type_of(content: bytes, known: Mapping[bytes, str]) -> str:
    return next((kind for head, kind in known.items() if content.startswith(head)), "")
