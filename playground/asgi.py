"""What a web process serves: pages, static files, and the socket."""

# ruff: noqa: E402
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")

import django

django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

from playground.handler import OneThreadHandler
from playground.origins import ExactOrigin, origins_of, refuse
from playground.static_files import StaticFiles
from runs.routing import websocket_urlpatterns

# An address without a consumer is refused; Channels alone would log an error for every stranger who tries one.
sockets = URLRouter([*websocket_urlpatterns, re_path("", refuse)])  # type: ignore[list-item,arg-type]

application = ProtocolTypeRouter(
    {
        "http": StaticFiles(OneThreadHandler(), root=settings.STATIC_ROOT, prefix=settings.STATIC_URL),
        "websocket": ExactOrigin(
            sockets,
            allowed=origins_of(settings.BASE_URL, settings.ALLOWED_HOSTS),
        ),
    }
)
