"""A person of many years who opens the pages that show conversations, and what each visit takes."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from uuid import uuid4

import aiohttp
import processes
from load import percentile
from product import Product

MODEL = "demo/echo"
LIST = "/conversations/list/"

CONVERSATION = re.compile(r'id="conversation-(\d+)"')
OLDER = re.compile(r'hx-get="(/conversations/list/\?[^"]+)"')
EARLIER = re.compile(r'hx-get="(\?before=[^"]+)"')
REPLY = re.compile(r'id="message-(\d+)"\s+class="message message-reply"')

Visit = Callable[[], Awaitable[None]]


@dataclass
class Times:
    """How long the visits to a page took, and what the server computed for them."""

    milliseconds: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0

    @property
    def p50(self) -> float:
        return percentile(self.milliseconds, 50)

    @property
    def p95(self) -> float:
        return percentile(self.milliseconds, 95)

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds * 1000 / len(self.milliseconds)


class Visitor:
    """The owner of a playground, with a sample of what is theirs."""

    def __init__(self, session: aiohttp.ClientSession, product: Product, filled: Mapping[str, int]) -> None:
        self._session, self._product, self._long_one = session, product, filled["long_one"]
        self._chance = random.Random(1)
        self._token = self._far_down = self._earlier = ""
        self._mine: list[int] = []
        self._replies: list[int] = []
        self._milliseconds = 0.0

    async def arrive(self) -> None:
        """Sign in, and read the list to its end to see what there is."""
        self._token = await self._product.sign_in(self._session)
        addresses = [LIST]
        for address in addresses:
            html = await self._get(address)
            self._mine += [int(number) for number in CONVERSATION.findall(html) if int(number) != self._long_one]
            if older := OLDER.search(html):
                addresses.append(unescape(older[1]))
        # The last one is seldom full.
        self._far_down = addresses[-2:][0]
        for number in self._chance.sample(self._mine, 10):
            self._replies += [int(reply) for reply in REPLY.findall(await self._get(f"/conversations/{number}/"))]
        earlier = EARLIER.search(await self._get(f"/conversations/{self._long_one}/"))
        assert earlier, "the long conversation is shown whole"
        self._earlier = earlier[1]

    @property
    def visits(self) -> dict[str, Visit]:
        """What is measured, in this order."""
        long_one = f"/conversations/{self._long_one}/"
        return {
            "open a conversation": lambda: self._open(f"/conversations/{self._any(self._mine)}/"),
            "open the long one": lambda: self._open(long_one),
            "its earlier messages": lambda: self._open(f"{long_one}{self._earlier}"),
            "a new conversation": lambda: self._open("/"),
            "list, first page": lambda: self._open(LIST),
            "list, far down": lambda: self._open(self._far_down),
            "one reply": lambda: self._open(f"/messages/{self._any(self._replies)}/"),
            "send a message": lambda: self._send(self._any(self._mine)),
            "send to the long one": lambda: self._send(self._long_one),
        }

    async def visit(self, name: str, times: Times) -> None:
        """Do this once, and note what it took."""
        cpu_seconds = self._cpu_seconds()
        await self.visits[name]()
        times.cpu_seconds += self._cpu_seconds() - cpu_seconds
        times.milliseconds.append(self._milliseconds)

    def _any(self, numbers: list[int]) -> int:
        return self._chance.choice(numbers)

    def _cpu_seconds(self) -> float:
        return processes.cpu_seconds(self._product.process.pid)

    async def _open(self, address: str) -> None:
        began = time.perf_counter()
        await self._get(address)
        self._milliseconds = (time.perf_counter() - began) * 1000

    async def _send(self, conversation: int) -> None:
        """A message, until its answer stands in the page; then wait for the end of the run, which is not counted."""
        form = {"text": "How are you?", "model": MODEL, "client_token": uuid4().hex}
        headers = {"X-CSRFToken": self._token, "HX-Request": "true", "Origin": self._product.base_url}
        began = time.perf_counter()
        async with self._session.post(
            f"/conversations/{conversation}/messages/", data=form, headers=headers
        ) as response:
            response.raise_for_status()
            sent = await response.text()
        self._milliseconds = (time.perf_counter() - began) * 1000
        reply = REPLY.findall(sent)[-1]
        while 'data-state="done"' not in await self._get(f"/messages/{reply}/"):  # noqa: ASYNC110 - as a page polls
            await asyncio.sleep(0.02)

    async def _get(self, address: str) -> str:
        async with self._session.get(address) as response:
            response.raise_for_status()
            return await response.text()
