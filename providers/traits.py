"""What a model can do and take in, as few plain words, whatever its provider calls them. Pure: no Django, no I/O.

The words are kept in one column with a blank before and behind each, so that any database finds a word with a plain
"contains", and they are the badges that people read. A word that is missing means: nobody said so.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """A word for people, and the features and input parts that stand for it."""

    label: str
    features: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()


# The most asked for first: the first of these are shown where there is little room.
TRAITS = {
    "reasoning": Trait("reasoning", frozenset({"reasoning"})),
    "images": Trait("images", frozenset({"image_input"}), frozenset({"image_url", "image"})),
    "tools": Trait("tools", frozenset({"tools"})),
    "json": Trait("JSON", frozenset({"json_schema", "json_object", "response_format"})),
    "files": Trait("files", frozenset({"file_input"}), frozenset({"file", "document"})),
    "audio": Trait("audio", frozenset({"audio_input"}), frozenset({"input_audio"})),
    "video": Trait("video", frozenset({"video_input"}), frozenset({"video_url"})),
    "speech": Trait("speech", frozenset({"audio_output"})),
    "search": Trait("web search", frozenset({"web_search"})),
    "logprobs": Trait("log probabilities", frozenset({"logprobs"})),
    "streaming": Trait("streaming", frozenset({"stream"})),
}
# So many have it that saying so helps nobody to choose.
UNREMARKABLE = frozenset({"streaming"})
# What one asks of the input, and of everything else.
INPUTS = ("images", "files", "audio", "video")
ABILITIES = ("reasoning", "tools", "json", "streaming", "search", "logprobs", "speech")


def traits_of(features: Collection[str], parts: Collection[str]) -> list[str]:
    return [
        word
        for word, trait in TRAITS.items()
        if not trait.features.isdisjoint(features) or not trait.parts.isdisjoint(parts)
    ]


def column(traits: Iterable[str]) -> str:
    """The words as they are stored."""
    return "".join(f" {word} " for word in traits)


def labels(stored: str) -> list[str]:
    """The stored words for people."""
    return [TRAITS[word].label for word in stored.split() if word in TRAITS and word not in UNREMARKABLE]
