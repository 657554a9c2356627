"""`/metrics` for Prometheus: off unless `PLAYGROUND_METRICS=on`, and then not for everybody.

With `PLAYGROUND_METRICS_TOKEN` whoever sends it as a bearer token may read, from anywhere, and nobody else. Without one
only this machine may, and only directly: behind a proxy everybody would seem to come from here. To anybody else the
address does not exist.
"""

import secrets
from ipaddress import ip_address

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from runs.metrics import look_at_database

PATH = "/metrics"
# What proxies add to a request that they pass on.
PROXY_HEADERS = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


class UnderAnyName(MiddlewareMixin):
    """Whoever has the token may ask under the address of a single process, which is no name of ours.

    Each process has figures of its own, and behind a proxy its address is given anew with each start. The check of the
    name is for browsers, which send no token.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.METRICS_TOKEN and request.path == PATH and _may_read(request):
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0]


@never_cache
@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """This process's figures. Asynchronous, since the followers are the event loop's own."""
    if not (settings.METRICS and _may_read(request)):
        raise Http404
    await sync_to_async(look_at_database)()
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent, expected = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
        return secrets.compare_digest(sent.encode(), expected.encode())
    return _comes_from_this_machine(request)


def _comes_from_this_machine(request: HttpRequest) -> bool:
    try:
        peer = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return peer.is_loopback and not any(header in request.headers for header in PROXY_HEADERS)
