import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from accounts.client_address import client_network


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "203.0.113.1"),
        (0, "192.0.2.1", "203.0.113.1"),
        (1, "", "203.0.113.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.5, 192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.5, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "192.0.2.1", "203.0.113.1"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::6]", "2001:db8:1:2::/64"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
        (1, "unknown", "unknown"),
    ],
)
def test_only_what_counted_proxies_wrote_is_believed(
    settings: Settings, proxies: int, forwarded: str, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="203.0.113.1")
    assert client_network(request) == expected
