"""What one person has open during a round: a page at each web process, and the memory of what closed ones showed."""

import asyncio
from types import TracebackType
from typing import Self

from tests.full.page import Page, Shown
from tests.full.person import Person, Reply
from tests.soak.systems import System


class Browser:
    def __init__(self, system: System, person: Person) -> None:
        self._system, self._person = system, person
        self._replies: list[Reply] = []
        self._open: list[Page] = []
        self._closed: list[Page] = []

    async def __aenter__(self) -> Self:
        await self._open_pages()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for page in self._open:
            await page.__aexit__(kind, error, traceback)

    @property
    def problems(self) -> list[str]:
        return [problem for page in (*self._open, *self._closed) for problem in page.problems]

    def views(self, run: str) -> list[Shown]:
        """All that was ever shown of this run."""
        return [page.shown[run] for page in (*self._open, *self._closed) if run in page.shown]

    async def follow(self, reply: Reply) -> None:
        self._replies.append(reply)
        for page in list(self._open):
            await page.follow(reply)

    async def end(self, run: str, seconds: float) -> None:
        """Wait until every open page has shown the end of this run."""
        await asyncio.gather(*(page.shown[run].end(seconds) for page in self._open))

    def drop(self) -> None:
        """The network goes away under every page."""
        for page in self._open:
            page.drop()

    async def reload(self) -> None:
        """Every page begins anew with what it is served, and goes on from there."""
        self._closed += self._open
        left, replies = self._open, list(self._replies)
        await self._open_pages()
        for page in left:
            await page.__aexit__(None, None, None)
        for reply in replies:
            for place, page in enumerate(self._open):
                await page.follow(await self._person.look(self._system.urls[place], reply))

    async def _open_pages(self) -> None:
        """A page for each web process: each run is followed where it is performed, and where it is not."""
        urls = self._system.urls
        self._open = [Page(self._person, urls[place:] + urls[:place]) for place in range(len(urls))]
        for page in self._open:
            await page.__aenter__()
