"""Where a request comes from, as far as it can be believed."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

# Bits of an IPv6 address that name a line of the internet. Whoever has the line has all the addresses behind it, so
# counting single ones would count nothing.
IPV6_LINE = 64


def client_network(request: HttpRequest) -> str:
    """The client's IPv4 address, or the network of its IPv6 address.

    X-Forwarded-For is read only behind proxies that the operator has counted, and only the entry that the outermost of
    them wrote: what stands to the left of it came from the client, who may have made it up.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    header = request.headers.get("X-Forwarded-For", "")
    forwarded = [entry.strip() for entry in header.split(",") if entry.strip()]
    if 0 < settings.TRUSTED_PROXY_COUNT <= len(forwarded):
        address = forwarded[-settings.TRUSTED_PROXY_COUNT]
    return _network(address)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address.removeprefix("[").removesuffix("]"))
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, IPV6_LINE), strict=False))
    return str(parsed)
