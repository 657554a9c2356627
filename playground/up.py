"""`manage.py up`: the whole product on this machine, with nothing to set up first.

The listening socket is opened here and handed down, so a browser that comes while the web process starts, or starts
again, waits instead of being refused.
"""

import argparse
import fcntl
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playground.bootstrap import say
from playground.env import BASE_DIR, PREFIX, Env
from playground.supervisor import Supervisor

# Browsers that wait while the web process starts; the kernel may allow fewer.
BACKLOG = 512


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    env = Env()
    var_dir = env.path("VAR_DIR", BASE_DIR / "var")
    with ExitStack() as stack:
        if not stack.enter_context(sole_owner_of(var_dir)):
            say(f"Another `manage.py up` already uses {var_dir}.")
            return 1
        try:
            listener = stack.enter_context(_listen(options.host, options.port))
        except OSError as error:
            reason = str(error.strerror).partition(" (")[0]
            say(f"Cannot listen on {options.host}:{options.port}: {reason}. Try --port.")
            return 1
        base_url = env.url("BASE_URL", _url(options.host, listener))
        os.environ.update({PREFIX + "VAR_DIR": str(var_dir), PREFIX + "BASE_URL": base_url})
        # Where Python was started matters no more; the children are found from here.
        os.chdir(BASE_DIR)
        return Supervisor(
            listener,
            opens_browser=options.browser,
            drain_seconds=env.number("DRAIN_SECONDS", 30),
            worker_drain_seconds=env.number("WORKER_DRAIN_SECONDS", 600),
        ).run()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Run the playground on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000); 0 takes a free one")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")
    return parser.parse_args(arguments)


@contextmanager
def sole_owner_of(var_dir: Path) -> Iterator[bool]:
    """Whether nobody else runs on this folder; it stays so until the end of the block."""
    var_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (var_dir / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def _url(host: str, listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    port = listener.getsockname()[1]
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
