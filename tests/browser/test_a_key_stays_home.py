"""A key goes to the host it was entered for, and is nowhere else to be found."""

from urllib.parse import quote

import pytest
from playwright.sync_api import WebSocket, expect

from tests.browser.product import Product
from tests.browser.screen import Screen
from tests.browser.upstream import Upstream
from tests.faultscript import tokens

pytestmark = pytest.mark.browser

KEY = "sk-CANARY-3f9c51d2a7e84b60"


def test_a_key_is_seen_by_its_provider_and_nowhere_else(
    newcomer_screen: Screen, product: Product, upstream: Upstream
) -> None:
    screen, page = newcomer_screen, newcomer_screen.page
    seen: list[str] = []
    page.on("response", lambda response: seen.append(response.url + str(response.all_headers())))
    page.on("websocket", lambda socket: _overhear(socket, seen))

    screen.open("/settings/providers/")
    page.get_by_label("Name").fill("My upstream")
    page.get_by_label("Base URL").fill(upstream.base_url)
    screen.button("Add provider").click()
    expect(page.get_by_text("My upstream was added.")).to_be_visible()

    screen.open("/settings/keys/")
    card = page.get_by_role("article").filter(has_text="My upstream")
    card.get_by_label("API key for My upstream").fill(KEY)
    card.get_by_role("button", name="Save key").click()
    expect(card).to_contain_text("The key was saved.")
    seen.append(page.content())
    card.get_by_role("button", name="Test key").click()
    expect(card).to_contain_text("My upstream accepts the key.")
    seen.append(page.content())

    screen.open("/models/")
    screen.button("Refresh models of My upstream").click()
    expect(page.get_by_text("My upstream lists 1 models")).to_be_visible()

    screen.ask("tokens/8", "Say it")
    screen.expect_answer(tokens(8))
    # A provider that quotes what it was sent, as some do.
    upstream.answer(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}})
    screen.say("Quote it")
    screen.expect_state("failed")

    conversation = page.url.removeprefix(screen.url)
    for path in ("/", conversation, "/settings/keys/", "/settings/providers/", "/models/", "/accounts/password/"):
        screen.open(path)
        seen.append(page.content())

    assert {request.authorization for request in upstream.requests} == {f"Bearer {KEY}"}
    assert len(upstream.requests) >= 4
    assert [text for text in seen if holds_key(text.encode())] == []
    assert not holds_key(product.log.encode())
    assert [path for path in product.var_dir.rglob("*") if path.is_file() and holds_key(path.read_bytes())] == []


def holds_key(text: bytes) -> bool:
    return KEY.encode() in text or quote(KEY).encode() in text


def _overhear(socket: WebSocket, seen: list[str]) -> None:
    socket.on("framereceived", lambda payload: seen.append(str(payload)))
    socket.on("framesent", lambda payload: seen.append(str(payload)))
