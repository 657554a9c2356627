"""How much of a model's context a message would take, and what could be left out. Pure: no Django, no I/O.

Every maker has a tokenizer of their own, and few give it away, so tokens are estimated from the kinds of characters.
The figures below were fitted to the counts of a widely used one (o200k) over prose in 30 languages, code, JSON and
Markdown: English and code come out within a tenth, other languages within a fifth. In a conversation the provider's own
count of the last run is the base, and only what is new is estimated.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# Tokens around a message (its role and its ends), and around a request.
PER_MESSAGE = 4
PER_REQUEST = 3

LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
ACCENTED = re.compile(r"[\u00c0-\u024f\u1e00-\u1eff]")
HUMP = re.compile(r"[a-z][A-Z]")
DIGITS = re.compile(r"[0-9]+")
PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]+")
LINES = re.compile(r"\s*\n\s*")
CYRILLIC_WORD = re.compile(r"[\u0400-\u052f]+")
# Tokens of a character, by its script.
SCRIPTS = (
    (re.compile(r"[\u0370-\u03ff]"), 0.39),  # Greek
    (re.compile(r"[\u0590-\u05ff]"), 0.43),  # Hebrew
    (re.compile(r"[\u0600-\u06ff]"), 0.36),  # Arabic
    (re.compile(r"[\u0900-\u0eff]"), 0.37),  # India, Thailand and their neighbours
    (re.compile(r"[\u3040-\u30ff]"), 0.68),  # Kana
    (re.compile(r"[\u3400-\u9fff\uf900-\ufaff]"), 0.78),  # Han
    (re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"), 0.7),  # Hangul
    # All else beyond ASCII: signs, emoji, scripts that few tokenizers have seen much of.
    (
        re.compile(
            r"[\u0250-\u036f\u0530-\u058f\u0700-\u08ff\u0f00-\u10ff\u1200-\u1dff\u2010-\u303f\u3100-\u33ff"
            r"\ua000-\uabff\ufb00-\uffff\U00010000-\U0010ffff]"
        ),
        0.9,
    ),
)
# Share of accented letters from which a text is taken for a language that has shorter tokens than English.
ACCENTED_SHARE = 0.01

# Share of the context from which a person is warned.
TIGHT = 0.9


def estimate(text: str) -> int:
    """About how many tokens this text has."""
    tokens = _latin(text)
    tokens += sum(-(-len(digits) // 3) for digits in DIGITS.findall(text))
    tokens += sum(0.67 + 0.51 * (len(run) - 1) for run in PUNCTUATION.findall(text))
    tokens += 0.84 * len(LINES.findall(text))
    tokens += 1.7 * len(CYRILLIC_WORD.findall(text))
    # Most texts have none of these, and it is quick to see.
    if not text.isascii():
        tokens += sum(weight * len(script.findall(text)) for script, weight in SCRIPTS)
    return round(tokens) if text else 0


def estimate_message(text: str) -> int:
    return estimate(text) + PER_MESSAGE


def _latin(text: str) -> float:
    words = LATIN.findall(text)
    accented = len(ACCENTED.findall(text))
    if accented > ACCENTED_SHARE * sum(map(len, words)):
        return 0.5 * len(words) + 0.41 * sum(max(0, len(word) - 4) for word in words) + 0.64 * accented
    return len(words) + 0.14 * sum(max(0, len(word) - 7) for word in words) + 0.3 * len(HUMP.findall(text))


@dataclass(frozen=True)
class Meter:
    """What would be sent, and what is kept free for the answer, beside what the model takes."""

    # Tokens of what is sent.
    prompt: int
    # The limit of the answer, which the model's context has to hold as well.
    reserved: int = 0
    # None: not known.
    context: int | None = None
    # Whether the provider's own count of what was said before is part of it.
    is_counted: bool = False

    @property
    def total(self) -> int:
        return self.prompt + self.reserved

    @property
    def over(self) -> int:
        """Tokens that are too many."""
        return max(0, self.total - self.context) if self.context else 0

    @property
    def level(self) -> Literal["unknown", "fits", "tight", "over"]:
        if not self.context:
            return "unknown"
        if self.over:
            return "over"
        return "tight" if self.total > self.context * TIGHT else "fits"

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.total / self.context)) if self.context else 0

    @property
    def room_for_answer(self) -> int:
        """Tokens that are left for the answer, if nothing else is changed."""
        return max(0, self.context - self.prompt) if self.context else 0

    @property
    def over_words(self) -> str:
        return f"{self.over:,}"

    @property
    def room_words(self) -> str:
        return f"{self.room_for_answer:,}"

    @property
    def words(self) -> str:
        about = f"About {self.prompt:,} tokens"
        if not self.context:
            return f"{about}; how many this model takes is not known."
        kept = f" and {self.reserved:,} for the answer" if self.reserved else ""
        return f"{about}{kept}, of {self.context:,}."


def oldest_to_leave_out(roles: Sequence[str], sizes: Sequence[int], over: int) -> int | None:
    """How many of the oldest messages have to go, so that so many tokens are freed and a person speaks first.

    None where that is not possible.
    """
    freed = 0
    for count, size in enumerate(sizes[:-1], start=1):
        freed += size
        if freed >= over and roles[count] == "user":
            return count
    return None
