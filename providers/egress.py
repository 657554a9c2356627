"""Where this server connects to: the only module that resolves names and judges addresses.

A person may enter any base URL, which would make this server a way to knock at doors inside its own network. So: a URL
is parsed once, by the library that will connect; it is https and names no user; every address of the host must be
public, however it is written; and the addresses that were judged are the ones connected to, so that a name cannot
change its mind in between. Only the operator opens a private door, as an exact host and port in
`ALLOWED_PRIVATE_HOSTS`.

An address written in the URL is judged by `checked`, since no resolver is asked for it; a name is judged by
`CheckedResolver`, at the moment of connecting.
"""

import asyncio
import ipaddress
import logging
import re
import socket
from collections.abc import Iterable
from functools import lru_cache

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings

from providers.errors import EgressBlocked

logger = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS = {"https": 443, "http": 80}
LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
# The longest name that DNS can ask for, in characters.
HOST_NAME_LENGTH = 253
# `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` are addresses to some libraries and names to others.
# https://url.spec.whatwg.org/#ends-in-a-number-checker
ENDS_IN_A_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")

# All that was ever given out for the public IPv6 internet; the flags of `ipaddress` miss the old site-local block.
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
# IPv4 inside IPv6, for networks that translate: https://www.rfc-editor.org/rfc/rfc6052
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# A public number that Azure answers from inside the machine: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
ANSWERED_INSIDE = frozenset({ipaddress.ip_address("168.63.129.16")})


def check_base_url(url: str) -> None:
    """Raises `EgressBlocked`, with a sentence, for a base URL that would not be connected to.

    A name that is not known (yet) is not refused: it is resolved and judged again at every connect.
    """
    parsed = checked(url)
    host, port = parsed.raw_host.decode("ascii"), port_of(parsed)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return
    _judge(host, port, (str(sockaddr[0]) for *_, sockaddr in answers))


def checked(url: str) -> httpx.URL:
    """The URL, parsed and in one spelling; raises `EgressBlocked` if it, or an address written in it, is refused."""
    return _checked(url, frozenset(settings.ALLOWED_PRIVATE_HOSTS))


# Each call of a model asks this, of the same few addresses: only what was found good is remembered.
@lru_cache(maxsize=256)
def _checked(url: str, allowed: frozenset[tuple[str, int]]) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii").removesuffix(".")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise EgressBlocked("This is not a web address.") from error
    address, port = _address(host), port_of(parsed)
    if parsed.scheme not in DEFAULT_PORTS:
        raise EgressBlocked("A base URL begins with https://.")
    if parsed.userinfo:
        raise EgressBlocked("A base URL must not contain a user name or a password.")
    if not 0 < port < 65536:
        raise EgressBlocked("There is no such port.")
    if address is None and not _is_host_name(host):
        raise EgressBlocked("This is not the name of a host, and not an address in its usual spelling.")
    if (host, port) not in allowed:
        if parsed.scheme != "https":
            raise EgressBlocked("A base URL begins with https://; without TLS a key could be read on the way.")
        if address is not None:
            _judge(host, port, [host])
    return parsed.copy_with(host=host)


@lru_cache(maxsize=256)
def origin_of(url: str) -> str:
    """`https://host:port` of a URL, with the port always written: what an API key is bound to."""
    parsed = httpx.URL(url)
    host = parsed.raw_host.decode("ascii")
    return f"{parsed.scheme}://{f'[{host}]' if ':' in host else host}:{port_of(parsed)}"


def port_of(url: httpx.URL) -> int:
    return url.port if url.port is not None else DEFAULT_PORTS.get(url.scheme, 0)


class CheckedResolver(AbstractResolver):
    """Resolves a name for a connector, and gives addresses only if every one of them may be connected to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        answers = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        _judge(host, port, (str(sockaddr[0]) for *_, sockaddr in answers))
        return [
            ResolveResult(
                hostname=host,
                host=str(sockaddr[0]),
                port=port,
                family=answered_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for answered_family, _, proto, _, sockaddr in answers
        ]

    async def close(self) -> None:
        """Nothing is held open."""


def is_public(address: Address) -> bool:
    """Is this an address of the public internet, also where it is an IPv4 address wrapped in IPv6?

    `is_global` alone calls multicast global, and 64:ff9b::7f00:1 and 2002:7f00:1:: (both 127.0.0.1) as well.
    """
    inner = _unwrapped(address)
    if isinstance(inner, ipaddress.IPv6Address) and inner not in PUBLIC_IPV6:
        return False
    return inner.is_global and not inner.is_multicast and inner not in ANSWERED_INSIDE


def _judge(host: str, port: int, addresses: Iterable[str]) -> None:
    if not _is_allowed(host, port) and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        logger.warning("A private address was not called", extra={"host": host, "port": port})
        raise EgressBlocked(f"{host} is inside a private network, or not a public address.")


def _is_allowed(host: str, port: int) -> bool:
    return (host, port) in settings.ALLOWED_PRIVATE_HOSTS


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_host_name(host: str) -> bool:
    return len(host) <= HOST_NAME_LENGTH and bool(HOST_NAME.fullmatch(host)) and not ENDS_IN_A_NUMBER.fullmatch(host)


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does. (Teredo needs no care: it is not global.)"""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
