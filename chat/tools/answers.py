"""What a person writes of the calls of a reply, before it is sent. Pure: no Django, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from chat.tools.results import Result
from chat.tools.verdicts import Judged

# Which calls a result is kept for: none, those with the same arguments, all of the tool.
NEVER, SAME, ANY = "", "same", "any"


@dataclass(frozen=True)
class Answer:
    """What one call came to, as far as it is written."""

    call: Judged
    text: str = ""
    is_error: bool = False
    keep: str = NEVER
    # Nobody typed it: it comes from a fixture.
    is_kept: bool = False
    problem: str = ""

    @property
    def shown(self) -> str:
        """The text for a textarea, of which browsers drop a line break at the beginning."""
        return f"\n{self.text}" if self.text.startswith("\n") else self.text

    @property
    def result(self) -> Result:
        return Result(self.call.id, self.call.name, self.text, self.is_error)


@dataclass(frozen=True)
class Answering:
    """What all calls of a reply came to."""

    answers: list[Answer]

    @classmethod
    def of(cls, calls: Sequence[Judged], kept: Sequence[Result | None]) -> Self:
        """An empty form, with what is kept for such calls filled in."""
        return cls(
            [
                Answer(call, result.text, result.is_error, is_kept=True) if result else Answer(call)
                for call, result in zip(calls, kept, strict=True)
            ]
        )

    @property
    def is_complete(self) -> bool:
        return not any(answer.problem for answer in self.answers)

    @property
    def results(self) -> list[Result]:
        return [answer.result for answer in self.answers]
