import pytest
from channels.testing import WebsocketCommunicator

from playground.origins import ExactOrigin, origins_of

HOSTS = ["playground.example.org", "127.0.0.1", "[::1]", ".example.net"]


class Inside:
    """Accepts whoever gets this far."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        await send({"type": "websocket.accept"})  # type: ignore[operator]


async def is_let_in(*origins: bytes) -> bool:
    guarded = ExactOrigin(Inside(), allowed=origins_of("https://playground.example.org", HOSTS))
    headers = [(b"origin", origin) for origin in origins]
    connected, _ = await WebsocketCommunicator(guarded, "/ws/", headers=headers).connect(10)
    return connected


async def test_our_own_page_is_let_in() -> None:
    assert await is_let_in(b"https://playground.example.org")


@pytest.mark.parametrize(
    "origin",
    [
        b"null",
        b"",
        b"https://evil.example",
        b"http://playground.example.org",
        b"https://playground.example.org:8443",
        b"https://playground.example.org.evil.example",
        b"https://evil.example/https://playground.example.org",
        b"https://www.example.net",
    ],
)
async def test_any_other_page_is_refused(origin: bytes) -> None:
    assert not await is_let_in(origin)


async def test_no_origin_is_refused() -> None:
    assert not await is_let_in()


async def test_two_origins_are_refused() -> None:
    assert not await is_let_in(b"https://playground.example.org", b"https://playground.example.org")


def test_origins_carry_the_port_only_where_browsers_write_it() -> None:
    assert origins_of("http://127.0.0.1:8000", ["127.0.0.1", "localhost"]) == {
        b"http://127.0.0.1:8000",
        b"http://localhost:8000",
    }
    assert origins_of("https://a.example:443", ["a.example"]) == {b"https://a.example"}
