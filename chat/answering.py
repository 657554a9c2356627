"""The form in which a person says what the calls of a reply came to, as it arrives."""

from collections.abc import Sequence

from django.conf import settings
from django.http import QueryDict

from chat.tools.answers import NEVER, Answer, Answering
from chat.tools.verdicts import Judged
from chat.typed import as_typed


def read(calls: Sequence[Judged], data: QueryDict) -> Answering:
    """What was written for each call, with what is wrong found."""
    return Answering([_answer(call, data, number) for number, call in enumerate(calls)])


def _answer(call: Judged, data: QueryDict, number: int) -> Answer:
    text = as_typed(data, f"result.{number}")
    keep = data.get(f"keep.{number}", NEVER)
    return Answer(call, text, f"error.{number}" in data, keep, problem=problem_with(text))


def problem_with(text: str) -> str:
    """Why this cannot be sent as a result; empty where it can."""
    if not text.strip():
        return 'There is no result yet. Write it; for an empty one write "" or null.'
    if len(text) > settings.MESSAGE_CHARACTERS:
        return f"It has {len(text):,} characters; at most {settings.MESSAGE_CHARACTERS:,} can be sent. Shorten it."
    return ""
