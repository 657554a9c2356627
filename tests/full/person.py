"""Somebody who is signed in, as far as a server can tell: forms that are sent, and pages that are read."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

# Seconds that a page may take, on a busy machine and while something is being started again.
PATIENCE = 90
# Seconds until a form that was not answered is sent again.
PAUSE = 0.3

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
RUN = re.compile(r'data-run-id="(\d+)"\s+data-state="(\w+)"')
AFTER = re.compile(r'data-after="(\d+)"')
OPEN_TEXT = re.compile(r'data-part="open">(.*?)</div>', re.DOTALL)
WHOLE_TEXT = re.compile(r"<template data-copy>(.*?)</template>", re.DOTALL)


class RefusedError(Exception):
    """The server answered, but not with what was asked for."""


@dataclass(frozen=True)
class Reply:
    """The one reply of a conversation, as its page shows it."""

    path: str
    run: str
    state: str
    text: str
    # The number of the last event in the text, while there are more to come.
    after: int

    @property
    def has_ended(self) -> bool:
        return self.state not in {"queued", "running"}

    @classmethod
    def read(cls, path: str, page: str) -> "Reply":
        found = RUN.search(page)
        if not found:
            raise RefusedError(f"{path} shows no reply")
        after = AFTER.search(page)
        text = (OPEN_TEXT if after else WHOLE_TEXT).search(page)
        return cls(path, found[1], found[2], html.unescape(text[1]) if text else "", int(after[1]) if after else 0)


class Person:
    """Goes to whichever web process a request names, always under the one address of the product."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self.session, self.base_url = session, base_url
        self._token = ""

    @classmethod
    @asynccontextmanager
    async def entering(cls, base_url: str, url: str, link: str) -> AsyncIterator["Person"]:
        """Somebody who signs in at `url` with a link."""
        jar, timeout = aiohttp.CookieJar(unsafe=True), aiohttp.ClientTimeout(total=PATIENCE)
        # A connection for each request: one that is kept open dies with the process at its other end.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout, connector=connector) as session:
            person = cls(session, base_url)
            found = CSRF.search(await person.read(url + link))
            assert found, "nobody is signed in"
            person._token = found[1]
            yield person

    async def read(self, url: str) -> str:
        async with self.session.get(url) as answer:
            return await _text(answer)

    async def send(self, url: str) -> None:
        """Press a button that has nothing but itself to say."""
        async with self.session.post(url, data={"csrfmiddlewaretoken": self._token}) as answer:
            await _text(answer)

    async def ask(self, url: str, model: str, prompt: str, **fields: str) -> Reply:
        """The first message of a new conversation. Sent twice with one prompt, it is one click that was repeated."""
        form = {"text": prompt, "model": model, "client_token": prompt, "csrfmiddlewaretoken": self._token, **fields}
        async with self.session.post(url + "/conversations/", data=form) as answer:
            return Reply.read(answer.url.path, await _text(answer))

    async def refusal(self, url: str, model: str, text: str, **headers: str) -> str:
        """What stands on the page that says why this message cannot be saved."""
        form = {"text": text, "model": model, "client_token": uuid4().hex, "csrfmiddlewaretoken": self._token}
        async with self.session.post(url + "/conversations/", data=form, headers=headers) as answer:
            page = html.unescape(await answer.text())
            assert answer.status == 503, f"it was answered with {answer.status}"
            assert int(answer.headers["Retry-After"]) > 0
            return page

    async def insist(self, urls: list[str], model: str, prompt: str, **fields: str) -> Reply:
        """Ask, and again at the next web process for as long as there is no answer."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    return await self.ask(urls[0], model, prompt, **fields)
                except (aiohttp.ClientError, OSError, RefusedError):
                    urls = urls[1:] + urls[:1]
                    await asyncio.sleep(PAUSE)

    async def look(self, url: str, reply: Reply) -> Reply:
        """The same reply as a page shows it now."""
        return Reply.read(reply.path, await self.read(url + reply.path))


async def _text(answer: aiohttp.ClientResponse) -> str:
    if answer.status != 200:
        raise RefusedError(f"{answer.url.path} was answered with {answer.status}")
    return await answer.text()
