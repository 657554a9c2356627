"""How likely each token of an answer was: kept small while it comes, and read again as what a page shows.

The numbers of a long answer with twenty alternatives a token are many times as large as the answer. So they are kept
compressed, in a line a token, and only the page that shows them reads them. Pure: no Django, no I/O.
"""

import json
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runs.raw import PackedLines

# What a provider says of a token that is not among the likeliest twenty.
VERY_UNLIKELY = -9999.0
# Further from 0 nothing is a logarithm: not infinity, and not an integer that is too large to be a float.
LARGEST = 1e9
# Probabilities from which on a token is very likely, likely, and so on; below the last it was a surprise.
LEVELS = ((0.9, "very-likely"), (0.7, "likely"), (0.4, "open"), (0.1, "unlikely"), (0.0, "surprising"))
# Tokens that may be needed for one character of the answer: four bytes, and emoji joined of several.
MOST_JOINED = 8


@dataclass(frozen=True)
class Token:
    """A token, or a text that might have stood in its place."""

    text: str
    # Natural logarithm; None where it was not said.
    logprob: float | None
    # Its UTF-8, where it was said: a character may be spread over several tokens.
    utf8: bytes | None = None
    alternatives: Sequence["Token"] = ()

    @property
    def probability(self) -> float | None:
        return None if self.logprob is None else math.exp(min(self.logprob, 0.0))

    @property
    def words(self) -> str:
        """The probability to two digits."""
        if self.probability is None:
            return "not said"
        if self.logprob == VERY_UNLIKELY:
            return "very unlikely"
        return f"{self.probability:.2f}" if self.probability >= 0.005 else "below 0.01"

    @property
    def level(self) -> str:
        """How likely it was, as a word that a stylesheet can know."""
        probability = self.probability
        return next((name for least, name in LEVELS if probability is not None and probability >= least), "")

    @property
    def visible(self) -> str:
        """The text with its blanks and breaks to be seen; what is no text by itself as bytes."""
        if self.utf8 is not None and _decoded(self.utf8) is None:
            return " ".join(f"{byte:02x}" for byte in self.utf8)
        return self.text.translate(VISIBLE)

    @property
    def line(self) -> str:
        """The text as it stands in a line; its breaks are seen."""
        if self.utf8 is not None and _decoded(self.utf8) is None:
            return self.visible
        return self.text.replace("\r", "").replace("\n", "⏎")

    @property
    def ends_line(self) -> bool:
        return "\n" in self.text


VISIBLE = {ord(" "): "␣", ord("\n"): "⏎\n", ord("\t"): "⇥", ord("\r"): "␍"}


class LogprobLog:
    """The log probabilities of one answer as they come."""

    def __init__(self) -> None:
        self._lines = PackedLines()
        # How many tokens there are of each choice.
        self.counts: dict[int, int] = {}

    def add(self, choice: int, said: Any) -> None:
        """What a chunk or a whole answer says, in either of the two forms that are in use."""
        for token in _tokens_in(said):
            self.counts[choice] = self.counts.get(choice, 0) + 1
            self._lines.add_line(json.dumps([choice, *token], ensure_ascii=False).encode() + b"\n")

    def packed(self) -> bytes:
        """All of them; nothing where none came."""
        return self._lines.packed() if self.counts else b""


def tokens_of(packed: bytes, choice: int = 0) -> list[Token]:
    """The tokens of a choice; those that are one character only together are one."""
    if not packed:
        return []
    rows = [json.loads(line) for line in zlib.decompress(packed).decode().split("\n") if line]
    return list(_joined([_token(*row[1:]) for row in rows if row[0] == choice]))


def _tokens_in(said: Any) -> Iterator[list[Any]]:
    """[text, logprob, bytes, [text, logprob, bytes] of each alternative] of each token."""
    if not isinstance(said, dict):
        return
    if isinstance(said.get("tokens"), list):
        yield from _tokens_in_lists(said)
        return
    for part in ("content", "refusal"):
        for item in _list(said.get(part)):
            if isinstance(item, dict):
                others = _list(item.get("top_logprobs"))
                yield [*_row(item), [_row(other) for other in others if isinstance(other, dict)]]


def _tokens_in_lists(said: dict[str, Any]) -> Iterator[list[Any]]:
    """The older form: a list for each thing that is known of the tokens."""
    numbers, others = _list(said.get("token_logprobs")), _list(said.get("top_logprobs"))
    for place, text in enumerate(said["tokens"]):
        number = numbers[place] if place < len(numbers) else None
        around = others[place] if place < len(others) else None
        alternatives = (
            [[str(other), _number(value), None] for other, value in (around or {}).items()]
            if (isinstance(around, dict))
            else []
        )
        yield [str(text), _number(number), None, alternatives]


def _row(item: dict[str, Any]) -> list[Any]:
    held = item.get("bytes")
    is_bytes = isinstance(held, list) and all(type(byte) is int and 0 <= byte < 256 for byte in held)
    text = item.get("token")
    return [text if isinstance(text, str) else "", _number(item.get("logprob")), held if is_bytes else None]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and abs(value) <= LARGEST else None


def _token(text: str, logprob: float | None, held: list[int] | None, alternatives: Iterable[list[Any]] = ()) -> Token:
    return Token(text, logprob, None if held is None else bytes(held), [_token(*other) for other in alternatives])


def _joined(tokens: list[Token]) -> Iterator[Token]:
    place = 0
    while place < len(tokens):
        together = _characters_from(tokens, place)
        yield tokens[place] if together == 1 else _one(tokens[place : place + together])
        place += together


def _characters_from(tokens: list[Token], place: int) -> int:
    """How many tokens from here on it takes until their bytes are a text; 1 where they never are."""
    said = b""
    for count, token in enumerate(tokens[place : place + MOST_JOINED], start=1):
        if token.utf8 is None:
            return 1
        said += token.utf8
        if _decoded(said) is not None:
            return count
    return 1


def _one(tokens: list[Token]) -> Token:
    said = b"".join(token.utf8 or b"" for token in tokens)
    known = [token.logprob for token in tokens if token.logprob is not None]
    # To all of them one after the other it came as often as the product of their probabilities says.
    logprob = sum(known) if len(known) == len(tokens) else None
    return Token(_decoded(said) or "", logprob, said, tokens[0].alternatives)


def _decoded(said: bytes) -> str | None:
    try:
        return said.decode()
    except UnicodeDecodeError:
        return None
