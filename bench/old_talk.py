"""Conversations as they look when they are over: questions, answers, and what a run keeps of each."""

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from chat.transcript import Turn, build
from providers.dialects import Dialect
from runs.folding import TEXT, StoredEvent, fold

MODEL = "demo/echo"
# Stands in every answer and is replaced by a number of the same width: no two answers are alike, as in life, and what
# is remembered of one is of no use to another.
MARK = "00000000"
# Pieces that one beat of the journal makes one event.
PIECES_PER_EVENT = 2
WORDS = """
    a about after all also and any are as at be because between but by can case change code could data day delay does
    each end error even example few find first for form from function get give has have how if in into is it its just
    key large last less like line list long make many may message model more most must name need new no not now number
    of on one only open or order other out over page part people place point possible question reason request result
    right row run same say see server set should show since small so some start still such system table take test text
    than that the their then there these they this three time to token true two under until up use value very want way
    we well what when where which while who why will with without word work would write year you
""".split()  # noqa: SIM905 - a list of them would fill the page


@dataclass(frozen=True)
class Exchange:
    """A question, its answer, and the record of the run that wrote it."""

    question: str
    answer: str
    body: bytes
    raw: bytes
    timeline: bytes
    last_seq: int


def exchanges(chance: random.Random, dialect: Dialect, count: int) -> Iterator[Exchange]:
    """A conversation of so many questions. What is sent each time holds all that was said before."""
    turns: list[Turn] = []
    bodies = Bodies(dialect)
    for _ in range(count):
        question, answer = _sentences(chance, chance.randint(1, 4)), _answer(chance)
        turns.append(Turn("user", question))
        body = bodies.compressed(turns)
        turns.append(Turn("assistant", answer))
        pieces = [f"{word} " for word in answer.split(" ")]
        folded = fold(_events(pieces))
        yield Exchange(question, answer, body, _raw(pieces), folded.timeline, folded.last_seq)


class Bodies:
    """What is sent each time, compressed. What was sent before is not compressed again: in a long conversation that
    would be half a gigabyte."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        nothing_said = self._body([])
        self._end = nothing_said[nothing_said.index(b"]") :]
        self._compressor = zlib.compressobj()
        self._begun = b""
        self._length = 0

    def compressed(self, turns: list[Turn]) -> bytes:
        """The body with these turns, which begin with those of the last time."""
        said = self._body(turns).removesuffix(self._end)
        self._begun += self._compressor.compress(said[self._length :])
        self._length = len(said)
        rest = self._compressor.copy()
        return self._begun + rest.compress(self._end) + rest.flush()

    def _body(self, turns: list[Turn]) -> bytes:
        return self._dialect.body(model=MODEL, messages=build(turns), parameters={"max_tokens": 4096}, stream=True)


def _answer(chance: random.Random) -> str:
    """Some 800 characters of Markdown: paragraphs and a list, sometimes a table or code."""
    parts = [f"Case {MARK}. {_sentences(chance, 3)}", _sentences(chance, 3)]
    parts.append("\n".join(f"- **{chance.choice(WORDS)}**: {_sentences(chance, 1)}" for _ in range(3)))
    if chance.random() < 0.2:
        rows = "\n".join(f"| {chance.choice(WORDS)} | {chance.randint(1, 999)} |" for _ in range(4))
        parts.append(f"| what | how many |\n| --- | --- |\n{rows}")
    if chance.random() < 0.2:
        lines = "\n".join(f"    {name} = {name}_of(row)  # {chance.choice(WORDS)}" for name in chance.sample(WORDS, 5))
        parts.append(f"```python\ndef example(row):\n{lines}\n```")
    return "\n\n".join(parts)


def _sentences(chance: random.Random, count: int) -> str:
    return " ".join(" ".join(chance.choices(WORDS, k=chance.randint(6, 18))).capitalize() + "." for _ in range(count))


def _events(pieces: list[str]) -> list[StoredEvent]:
    together = ["".join(pieces[first : first + PIECES_PER_EVENT]) for first in range(0, len(pieces), PIECES_PER_EVENT)]
    return [StoredEvent(seq, TEXT, text, 200 + 40 * seq) for seq, text in enumerate(together, start=1)]


def _raw(pieces: list[str]) -> bytes:
    lines = (f"{200 + 20 * place}\t{json.dumps(_chunk(piece))}\n" for place, piece in enumerate(pieces))
    return zlib.compress("".join(lines).encode())


def _chunk(text: str) -> str:
    choice = {"index": 0, "delta": {"content": text}, "logprobs": None, "finish_reason": None}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice]},
        separators=(",", ":"),
    )
