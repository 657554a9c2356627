"""Which model takes the place of one that is gone. Pure: no Django, no I/O.

The same developer and the same family, read from the ids, since no provider says it. An id is taken apart into words
(`claude`, `sonnet`), a version (`4.5`) and a size (`70b`); dates and words that only name an edition are passed over.
The first word is the family and has to be the same. Among those, the one that shares most words and has fewest others
wins, then who takes what the old one took, then the newest version, then the nearest size. Equal ones go by their id,
so that everybody is proposed the same.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, partial

# Words that tell editions of one model apart, or say nothing.
EDITIONS = frozenset(
    (
        *("latest", "preview", "exp", "experimental", "beta", "alpha", "stable", "free", "turbo", "online", "tput"),
        *("instruct", "chat", "it", "base", "reference", "hf", "v", "meta"),
        *("fp8", "fp16", "bf16", "awq", "gptq"),
    )
)
# Models of these do another work than their family.
OTHER_WORK = frozenset({"guard"})
# Billions of parameters, also those of experts: 70b, 8x7b, a22b.
SIZE = re.compile(r"^(?:(\d+)x)?a?(\d+(?:\.\d+)?)b$")
# 2025-04-16, 20250219, 03-25 and 0613.
DATE = re.compile(
    r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)|(?<!\d)\d{6,8}(?!\d)|(?<![\d.])\d{2}-\d{2}(?!\d)|(?<![\d.])\d{4}(?!\d)"
)
PIECES = re.compile(r"\d+(?:\.\d+)*|[a-z]+")


@dataclass(frozen=True, slots=True)
class Known:
    """What is looked at of a model."""

    pk: int
    model_id: str
    developer: str
    provider_id: int
    traits: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """What an id says."""

    words: tuple[str, ...]
    version: tuple[int, ...]
    size: float | None

    @property
    def family(self) -> str:
        return self.words[0] if self.words else ""


def successors(gone: Iterable[Known], candidates: Iterable[Known]) -> dict[int, Known]:
    """For each of these, by its number, the best available model to use instead; none where none is of its family."""
    families: dict[str, list[Known]] = {}
    renamed: dict[tuple[int, str], list[Known]] = {}
    for other in candidates:
        families.setdefault(name_of(other.model_id).family, []).append(other)
        for alias in other.aliases:
            renamed.setdefault((other.provider_id, alias), []).append(other)
    found = {}
    for old in gone:
        name = name_of(old.model_id)
        kin = [other for other in families.get(name.family, []) if name.family and _is_kin(old, name, other)]
        those = [other for other in renamed.get((old.provider_id, old.model_id)) or kin if other.pk != old.pk]
        if those:
            found[old.pk] = min(those, key=partial(_distance, old, name))
    return found


@lru_cache(maxsize=8192)
def name_of(model_id: str) -> Name:
    """The parts of an id; of one with a vendor before it, what stands behind."""
    text = DATE.sub(" ", model_id.lower().rpartition("/")[2].partition(":")[0])
    words: list[str] = []
    version: list[int] = []
    size = None
    for token in re.split(r"[-_\s@]+", text):
        if found := SIZE.match(token):
            size = size or float(found[2]) * float(found[1] or 1)
            continue
        for piece in PIECES.findall(token):
            if piece[0].isdigit():
                version += [int(number) for number in piece.split(".")]
            elif piece not in EDITIONS:
                words.append(piece)
    return Name(tuple(words), tuple(version[:4]), size)


def _is_kin(gone: Known, old: Name, other: Known) -> bool:
    """Whether another model of this family is by the same developer and for the same work."""
    same_maker = not gone.developer or not other.developer or _plain(gone.developer) == _plain(other.developer)
    return same_maker and OTHER_WORK & {*name_of(other.model_id).words} == OTHER_WORK & {*old.words}


def _distance(gone: Known, old: Name, other: Known) -> tuple[object, ...]:
    """Smaller is better; the order of what is compared is the rule."""
    new = name_of(other.model_id)
    missing, extra = set(old.words) - set(new.words), set(new.words) - set(old.words)
    return (
        other.provider_id != gone.provider_id,
        len(missing) + len(extra),
        len(missing),
        len(gone.traits - other.traits),
        tuple(-number for number in (*new.version, 0, 0, 0, 0)[:4]),
        abs(math.log(new.size / old.size)) if new.size and old.size else math.inf,
        other.model_id,
        other.pk,
    )


@lru_cache(maxsize=1024)
def _plain(developer: str) -> str:
    return "".join(letter for letter in developer.lower() if letter.isalnum())
