"""A request as code on a page: the language and the kind of answer that a person chose."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from django.http import HttpResponse, QueryDict
from django.utils.safestring import SafeString, mark_safe

from runs.code import CodeRequest, Language, languages_for
from runs.markdown import render

# Characters of code that a page shows.
MOST_SHOWN = 100_000
# What the file is called that holds such code.
ENDINGS = {"bash": "sh", "python": "py", "javascript": "mjs"}
STREAM, WHOLE = "stream", "whole"
DEMO_HOST = "https://demo.invalid/"


@dataclass(frozen=True)
class Snippet:
    """Code in one of the languages that can send this request."""

    request: CodeRequest
    languages: list[Language]
    language: Language

    @classmethod
    def chosen(cls, request: CodeRequest, choice: QueryDict) -> Self:
        """As the form chose; what it does not say is as the request is, and in the first language."""
        answer = choice.get("answer", "")
        if answer in (STREAM, WHOLE):
            request = request.streaming(answer == STREAM)
        languages = languages_for(request)
        language = next((one for one in languages if one.name == choice.get("language")), languages[0])
        return cls(request, languages, language)

    @property
    def answer(self) -> str:
        return STREAM if self.request.streams else WHOLE

    @cached_property
    def code(self) -> str:
        return self.language.write(self.request)

    @property
    def left_out(self) -> int:
        """Characters at its end that a page does not show: files are written out in it."""
        return max(0, len(self.code) - MOST_SHOWN)

    @property
    def file(self) -> HttpResponse:
        """All of it, to be saved."""
        ending = ENDINGS.get(self.language.lexer, "txt")
        headers = {"Content-Disposition": f'attachment; filename="request.{ending}"'}
        return HttpResponse(self.code, content_type="text/plain; charset=utf-8", headers=headers)

    @property
    def html(self) -> SafeString:
        """Coloured as code in an answer is, by the same way and with the same care."""
        shown = self.code[:MOST_SHOWN]
        longest = max(map(len, re.findall(r"`+", shown)), default=0)
        fence = "`" * max(3, longest + 1)
        newline = "\n" if self.left_out else ""
        return mark_safe(render(f"{fence}{self.language.lexer}\n{shown}{newline}{fence}"))  # noqa: S308 - sanitised

    @property
    def is_of_the_demo(self) -> bool:
        """Its address exists only inside of this program."""
        return self.request.url.startswith(DEMO_HOST)
