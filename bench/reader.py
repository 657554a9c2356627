"""A person in Chromium, on a computer that may be slow, who reads an answer and already writes the next message."""

import asyncio
import hashlib
import itertools
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import processes
from playwright.async_api import Browser, CDPSession, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# Keys in a second: somebody who types well.
TYPING_SPEED = 8
SENTENCE = "While this is being written I think about what to ask next. "
# Seconds for which the typing goes on behind the end of the answer: what the end costs counts too.
LINGER = 5.0

# The page's own clock. A key's event carries the moment at which the browser got it; asking for all of them in a
# listener, since an observer is not told of those that were handled and painted within 16 milliseconds.
INSTRUMENTS = """
window.figures = { tasks: [], delays: [], paints: [] };
const observe = (type, options, note) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options });
observe("longtask", {}, ({ startTime, duration }) => figures.tasks.push([startTime, duration]));
const notePaint = ({ name, duration }) => name === "keydown" && figures.paints.push(duration);
observe("event", { durationThreshold: 16 }, notePaint);
addEventListener("keydown", ({ timeStamp }) => figures.delays.push(performance.now() - timeStamp), true);
"""
RESET = "() => { figures.tasks.length = figures.delays.length = figures.paints.length = 0; return performance.now(); }"
STATE = "() => [...document.querySelectorAll('article[data-run-id]')].at(-1)?.dataset.state"
WRITTEN = "() => [...document.querySelectorAll('template[data-copy]')].at(-1).content.textContent"


@dataclass(frozen=True)
class Weight:
    """What the page holds."""

    heap_bytes: int
    resident_bytes: int
    nodes: int


@dataclass(frozen=True)
class Reading:
    """How one answer felt; all in milliseconds."""

    # When, since the question was sent, and how long: tasks of 50 ms and more.
    tasks: list[tuple[float, float]]
    # What each task used of a CPU, and when: as long as it would have taken had no other program disturbed it.
    cpu: list[tuple[float, float]]
    # From the browser's having a key to the page's having it.
    delays: list[float]
    # From there to the next painted frame, where that took 16 ms or more.
    paints: list[float]
    sha256: str
    nodes: int


class Reader:
    """One tab, in which one question is asked after the other."""

    def __init__(self, page: Page, cdp: CDPSession, browser: CDPSession) -> None:
        self._page, self._cdp, self._browser = page, cdp, browser

    @classmethod
    async def sit_down(cls, browser: Browser, cookies: list[Any], slowdown: float) -> "Reader":
        """At a computer that is so many times slower than this one."""
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.add_cookies(cookies)
        await context.add_init_script(INSTRUMENTS)
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        await cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        await cdp.send("Performance.enable")
        return cls(page, cdp, await browser.new_browser_cdp_session())

    async def leave(self) -> None:
        await self._page.context.close()

    async def ask(self, base_url: str, model: str, name: str) -> None:
        """Open a conversation with this model; the message says under which name the provider remembers its answer."""
        await self._page.goto(f"{base_url}/?model={model}")
        await self._page.get_by_role("textbox", name="Message", exact=True).fill(f"stream-{name}")
        await self._page.get_by_role("button", name="Send", exact=True).click()
        await self._page.locator("article[data-run-id]").wait_for()

    async def read_and_write(self) -> Reading:
        """Type until the answer has ended, and a little longer."""
        await self._page.get_by_role("textbox", name="Message", exact=True).focus()
        began = await self._page.evaluate(RESET)
        async with self._traced() as cpu:
            typing = asyncio.create_task(self._type())
            await self.wait_for_the_end()
            await asyncio.sleep(LINGER)
            typing.cancel()
        figures = await self._page.evaluate("() => figures")
        return Reading(
            tasks=[(start - began, duration) for start, duration in figures["tasks"]],
            cpu=cpu,
            delays=figures["delays"],
            paints=figures["paints"],
            sha256=hashlib.sha256((await self._page.evaluate(WRITTEN)).encode()).hexdigest(),
            nodes=(await self.weigh()).nodes,
        )

    async def wait_for_the_end(self) -> None:
        # Nothing waits in the page: its time is what we measure.
        while (state := await self._page.evaluate(STATE)) in {"queued", "running"}:  # noqa: ASYNC110
            await asyncio.sleep(1)
        assert state == "done", f"the run ended as {state}"

    async def weigh(self) -> Weight:
        """After everything that nobody needs has been thrown away. This stops the page for a while."""
        await self._cdp.send("HeapProfiler.collectGarbage")
        answer = await self._cdp.send("Performance.getMetrics")
        metrics = {metric["name"]: metric["value"] for metric in answer["metrics"]}
        resident = processes.resident_bytes((await self._renderer())["id"])
        return Weight(int(metrics["JSHeapUsedSize"]), resident, int(metrics["Nodes"]))

    async def _renderer(self) -> dict[str, Any]:
        """The process of the page; the browser keeps an empty one in reserve, which has done nothing."""
        running = (await self._browser.send("SystemInfo.getProcessInfo"))["processInfo"]
        return max((process for process in running if process["type"] == "renderer"), key=lambda one: one["cpuTime"])

    @asynccontextmanager
    async def _traced(self) -> AsyncIterator[list[tuple[float, float]]]:
        """After the block it holds moment and CPU milliseconds of each task that the page's main thread had in it."""
        events: list[dict[str, Any]] = []
        complete = asyncio.Event()
        self._browser.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
        self._browser.on("Tracing.tracingComplete", lambda _: complete.set())
        await self._browser.send(
            "Tracing.start", {"traceConfig": {"includedCategories": ["toplevel"], "excludedCategories": ["*"]}}
        )
        tasks: list[tuple[float, float]] = []
        yield tasks
        await self._browser.send("Tracing.end")
        await complete.wait()
        page = (await self._renderer())["id"]
        main = {event["tid"] for event in events if event["pid"] == page and _names_the_main_thread(event)}
        found = [
            (event["ts"] / 1000, event.get("tdur", 0) / 1000)
            for event in events
            if event["name"] == "ThreadControllerImpl::RunTask" and event["pid"] == page and event["tid"] in main
        ]
        began = min(moment for moment, _ in found)
        tasks += [(moment - began, milliseconds) for moment, milliseconds in found]

    async def _type(self) -> None:
        """Write a sentence, delete it, write it again. Nobody waits until a key was handled before hitting the next."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        letters: list[dict[str, Any]] = [{"text": letter, "key": letter} for letter in SENTENCE]
        keys = itertools.cycle(letters + [DELETE] * len(letters))
        async with asyncio.TaskGroup() as hits:
            for number, key in enumerate(keys):
                await asyncio.sleep(began + number / TYPING_SPEED - loop.time())
                hits.create_task(self._hit(key))

    async def _hit(self, key: dict[str, Any]) -> None:
        await self._cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
        await self._cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key["key"]})


def _names_the_main_thread(event: Mapping[str, Any]) -> bool:
    return event["name"] == "thread_name" and str(event["args"]["name"]) == "CrRendererMain"


DELETE = {"key": "Backspace", "code": "Backspace", "windowsVirtualKeyCode": 8}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window, until the end of the block."""
    path = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert path, "no Chromium on the PATH: " + ", ".join(NAMES)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()
