import asyncio
import os
import socket
import sys
from importlib import import_module
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.urls import get_resolver

from playground import lifeline, memory

# Seconds after which a thread that computes lets another one in. By Python's default, 0.005, a commit that is back from
# the disk waits behind whatever page is being rendered.
SWITCH_SECONDS = 0.0005


class Command(BaseCommand):
    help = "Runs one web process. `manage.py up` starts it on one machine; behind a proxy there may be several."
    # `manage.py test` runs them; here they would lengthen every start.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
        parser.add_argument("--fd", type=int, help="a listening socket that was handed down, instead of an address")
        parser.add_argument("--prepare", action="store_true", help="migrate and so on first, and print a sign-in link")
        parser.add_argument("--browser", action="store_true", help="open that link in a browser, if there is a screen")
        parser.add_argument("--ready-fd", type=int, help="a pipe to write a line to as soon as it answers")

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.hold()
        memory.give_back_large_pieces()
        listener = _listener(options["host"], options["port"], options["fd"])
        link = _prepare() if options["prepare"] else None
        _use_uvloop()
        sys.setswitchinterval(SWITCH_SECONDS)
        from playground.server import PlaygroundServer

        # Views are imported now, not while the first visitor waits.
        _ = get_resolver().url_patterns

        def say_ready() -> None:
            if link:
                self.stdout.write(f"Open {link}")
                self.stdout.flush()
            if link and options["browser"]:
                _open_browser(link)
            if options["ready_fd"] is not None:
                os.write(options["ready_fd"], b"ready\n")
            # Behind everything else: the first who sends something into the background is not to wait for it.
            Thread(target=import_module, args=[settings.JOBS], name="jobs", daemon=True).start()

        PlaygroundServer(listener, when_ready=say_ready).run()


def _listener(host: str, port: int, descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=512)


def _prepare() -> str:
    """The link that signs the owner in, of a server that is ready for it."""
    from playground.prepare import collect_static_files, prepare_database, sign_in_link

    collect_static_files()
    link = sign_in_link(prepare_database())
    # The loop will run in this thread, and no query may be made in it.
    connections.close_all()
    return link


def _use_uvloop() -> None:
    """A fifth less CPU for each token than the standard loop. Where it does not exist, the standard one does."""
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def _open_browser(link: str) -> None:
    if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        import webbrowser

        webbrowser.open(link)
