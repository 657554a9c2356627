"""A real browser, a real server, a real upstream.

The server lives as long as the session, the browser as long as a module: Playwright runs an event loop in this thread,
and tests of other kinds may come between two modules.
"""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.product import Product
from tests.browser.screen import PATIENCE, Screen, signed_in
from tests.browser.upstream import Upstream
from tests.browser.watch import OpenContext, Watch
from tests.faultserver import dead_port
from tests.missing import missing

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# People made at a time: making one more costs little, starting the program that makes them a second.
PEOPLE = 40


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or missing("Chromium on the PATH: " + ", ".join(NAMES))


@pytest.fixture(scope="session")
def session_upstream(chromium: str) -> Iterator[Upstream]:
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def unreachable(chromium: str) -> Iterator[int]:
    with dead_port() as port:
        yield port


@pytest.fixture(scope="session")
def product(
    tmp_path_factory: pytest.TempPathFactory, session_upstream: Upstream, unreachable: int
) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("product"), [session_upstream.private_host, ("127.0.0.1", unreachable)])
    try:
        product.start()
        yield product
    finally:
        product.close()


@pytest.fixture(scope="session")
def members(product: Product, session_upstream: Upstream, unreachable: int) -> Iterator[str]:
    """Sign-in links of people who have a key for the upstream, as many as are needed."""
    return _links(
        product, "--upstream", session_upstream.base_url, "--unreachable", f"http://127.0.0.1:{unreachable}/v1"
    )


@pytest.fixture(scope="session")
def newcomers(product: Product) -> Iterator[str]:
    """Sign-in links of people who have nothing yet."""
    return _links(product)


def _links(product: Product, *arguments: str) -> Iterator[str]:
    while True:
        yield from product.run("-m", "tests.browser.cast", str(PEOPLE), *arguments).splitlines()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def upstream(session_upstream: Upstream) -> Iterator[Upstream]:
    session_upstream.forget()
    yield session_upstream
    session_upstream.forget()


@pytest.fixture
def watch(product: Product) -> Watch:
    return Watch(product.url)


@pytest.fixture
def open_context(browser: Browser, watch: Watch) -> Iterator[OpenContext]:
    """Opens windows of their own, all of them watched: the only way to get one."""
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        watch.over(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    watch.check()


@pytest.fixture
def context(open_context: OpenContext) -> BrowserContext:
    return open_context()


@pytest.fixture
def screen(context: BrowserContext, product: Product, members: Iterator[str]) -> Screen:
    """The playground of a person who has just signed in, with a key for the upstream."""
    return signed_in(context, product, next(members))


@pytest.fixture
def newcomer_screen(context: BrowserContext, product: Product, newcomers: Iterator[str]) -> Screen:
    """The playground of a person who has just signed in and has nothing yet."""
    return signed_in(context, product, next(newcomers))
