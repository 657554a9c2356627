"""Addresses that are not connected to, each tried through the whole client at a listener that must stay alone."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from pytest_django import Settings

from accounts.secret import Secret
from providers import client, egress
from providers.dialects import DIALECTS
from providers.errors import EgressBlocked, NotSent, Refused
from tests.faultserver import FaultServer

DIALECT = DIALECTS["openai"]

LOOPBACK = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",  # noqa: S104
    "0",
    "%31%32%37.0.0.1",
    "１２７.０.０.１",
    "127。0。0。1",
    "localhost",
    "localhost.",
    "LocalHost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fd00::1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
]
MISLEADING = [
    "http://allowed.example@127.0.0.1:{port}/v1",
    "http://127.0.0.1:{port}#@allowed.example/v1",
    "http://allowed.example\\@127.0.0.1:{port}/v1",
    "https://user:password@allowed.example/v1",
    "http://allowed.example/v1",
    "unix:///var/run/docker.sock",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/v1",
    "//127.0.0.1:{port}/v1",
    "127.0.0.1:{port}/v1",
    "https://",
    "https://a..b/v1",
    "https://allowed example/v1",
    "https://allowed.example:99999/v1",
    "https://[::1/v1",
    "https://" + "a" * 64 + ".example/v1",
    "https://" + "a." * 127 + "example/v1",
    "https://allowed.example\r\nHost: x/v1",
    "",
]


async def reach(base_url: str) -> None:
    """Tries all ways out of the building."""
    call = client.Call(base_url, DIALECT, b"{}", Secret("sk-canary"))
    with pytest.raises(EgressBlocked):
        async with client.stream(call):
            pass
    with pytest.raises(EgressBlocked):
        await client.complete(call)
    with pytest.raises(EgressBlocked):
        await client.fetch(base_url, DIALECT, Secret("sk-canary"))


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Names now resolve to these lists of addresses, one after the other, the last one for good."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", LOOPBACK + PRIVATE)
async def test_an_address_inside_is_not_connected_to(listener: FaultServer, scheme: str, host: str) -> None:
    await reach(f"{scheme}://{host}:{listener.port}/v1")

    assert listener.connections == 0


@pytest.mark.parametrize("url", MISLEADING)
async def test_a_misleading_url_is_refused(listener: FaultServer, url: str) -> None:
    await reach(url.replace("{port}", str(listener.port)))

    assert listener.connections == 0


@pytest.mark.parametrize("host", LOOPBACK + PRIVATE)
def test_an_address_inside_is_refused_when_it_is_entered(host: str) -> None:
    with pytest.raises(EgressBlocked) as caught:
        egress.check_base_url(f"https://{host}/v1")

    assert caught.value.detail.endswith(".")


@pytest.mark.parametrize("url", MISLEADING)
def test_a_misleading_url_is_refused_when_it_is_entered(url: str) -> None:
    with pytest.raises(EgressBlocked):
        egress.check_base_url(url.replace("{port}", "8000"))


@pytest.mark.parametrize(
    "addresses", [["93.184.215.14", "127.0.0.1"], ["127.0.0.1"], ["2606:4700::1", "::1"], ["64:ff9b::a00:1"]]
)
async def test_a_name_is_refused_if_any_of_its_addresses_is_inside(
    listener: FaultServer, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, addresses)

    await reach(f"https://rebound.example:{listener.port}/v1")

    assert listener.connections == 0


async def test_a_name_that_changes_after_it_was_entered_is_judged_again(
    listener: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    egress.check_base_url(f"https://rebound.example:{listener.port}/v1")

    await reach(f"https://rebound.example:{listener.port}/v1")

    assert listener.connections == 0


async def test_only_addresses_that_were_judged_are_given_to_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, ["93.184.215.14", "2606:4700::1"], ["127.0.0.1"])

    given = await egress.CheckedResolver().resolve("api.example", 443)

    assert [answer["host"] for answer in given] == ["93.184.215.14", "2606:4700::1"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_the_key_stays(
    faults: FaultServer, listener: FaultServer, status: int
) -> None:
    faults.answer(status, b"", {"Location": f"http://127.0.0.1:{listener.port}/v1/chat/completions"})

    with pytest.raises(Refused) as caught:
        await client.complete(client.Call(faults.base_url, DIALECT, b"{}", Secret("sk-canary")))

    assert caught.value.kind.name == "redirect_refused"
    assert listener.connections == 0


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_proxy_of_the_environment_is_not_used(
    faults: FaultServer, listener: FaultServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.port}")

    await client.fetch(faults.base_url + "/models", DIALECT, None)

    assert len(faults.requests) == 1
    assert listener.connections == 0


async def test_the_operator_can_open_one_door(faults: FaultServer, listener: FaultServer) -> None:
    await client.fetch(faults.base_url + "/models", DIALECT, None)
    await reach(listener.base_url)

    assert len(faults.requests) == 1
    assert listener.connections == 0


async def test_the_operator_can_allow_a_name(
    listener: FaultServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = {("ollama", listener.port)}
    resolving(monkeypatch, ["127.0.0.1"])

    await client.fetch(f"http://OLLAMA.:{listener.port}/v1/models", DIALECT, None)

    assert listener.requests[0].headers["host"] == f"ollama:{listener.port}"


def test_an_allowed_address_in_another_spelling_is_still_refused(
    settings: Settings,
) -> None:
    settings.ALLOWED_PRIVATE_HOSTS = {("127.0.0.1", 11434)}

    for url in ["http://127.1:11434", "http://[::ffff:127.0.0.1]:11434", "http://127.0.0.1:11435", "http://127.0.0.1"]:
        with pytest.raises(EgressBlocked):
            egress.check_base_url(url)


def test_an_unknown_name_may_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    egress.check_base_url("https://not-yet.example/v1")


async def test_an_unknown_name_was_not_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(NotSent) as caught:
        await client.fetch("https://gone.example/v1/models", DIALECT, None)

    assert caught.value.kind.name == "unknown_host"


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1", "https://BÜCHER.example/v1", "https://api.example.com:8443", "https://8.8.8.8/v1"],
)
def test_public_addresses_may_be_entered(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    resolving(monkeypatch, ["93.184.215.14"])

    egress.check_base_url(url)


def test_an_international_name_has_one_spelling() -> None:
    assert str(egress.checked("HTTPS://BÜCHER.example:443/v1")) == "https://xn--bcher-kva.example/v1"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_public_addresses_stay_public_in_every_wrapping(address: str) -> None:
    assert egress.is_public(ipaddress.ip_address(address))


async def test_a_burst_of_calls_to_a_blocked_name_is_blocked_for_all(
    listener: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"])
    url = f"https://rebound.example:{listener.port}/v1/models"

    ended = await asyncio.gather(*(client.fetch(url, DIALECT, None) for _ in range(20)), return_exceptions=True)

    assert {type(error) for error in ended} == {EgressBlocked}
    assert listener.connections == 0
