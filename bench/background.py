"""How long a message waits, from the click until a worker has taken up its run.

    python bench/background.py
    python bench/background.py --database-url postgres://postgres@127.0.0.1/postgres --redis-url redis://127.0.0.1

Starts a playground with its worker (`manage.py up`), sends messages into the background one after the other, and reads
the two moments from the database's own clock.
"""

import argparse
import http.cookiejar
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import scratch

PLAYGROUND = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
# Seconds until a worker that was started with the web process is there, and between two messages.
WARM_UP = 8.0
PAUSE = 0.4
WAITED = """
from runs.models import Run
for run in Run.objects.filter(in_background=True, begun_at__isnull=False).order_by("pk"):
    print((run.begun_at - run.queued_at).total_seconds() * 1000)
"""


@contextmanager
def running(environment: dict[str, str]) -> Iterator[str]:
    """The sign-in link of a playground that runs until the end of the block."""
    command = [sys.executable, "manage.py", "up", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, cwd=PLAYGROUND, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield next(line.split()[1] for line in process.stdout if line.startswith("Open "))
        finally:
            process.terminate()
            process.stdout.read()


def send(link: str, messages: int) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    token = TOKEN.findall(browser.open(link).read().decode())[0]
    time.sleep(WARM_UP)
    form = {"text": "Hello", "model": "demo/echo", "in_background": "on", "csrfmiddlewaretoken": token}
    for _ in range(messages):
        sent = urlencode({**form, "client_token": uuid4().hex}).encode()
        browser.open(link.partition("/welcome/")[0] + "/conversations/", sent).read()
        time.sleep(PAUSE)


def main() -> None:
    options = _options()
    with (
        tempfile.TemporaryDirectory() as folder,
        scratch.database(options.database_url) as database_url,
        scratch.redis_database(options.redis_url) as redis_url,
    ):
        chosen = {"NO_BOOTSTRAP": "1", "VAR_DIR": folder, "REFRESH_HOURS": "0", "LOG_LEVEL": "ERROR"}
        chosen |= {"DATABASE_URL": database_url} if options.database_url else {}
        chosen |= {"REDIS_URL": redis_url} if options.redis_url else {}
        environment = {**os.environ, **{f"PLAYGROUND_{name}": value for name, value in chosen.items()}}
        with running(environment) as link:
            send(link, options.messages)
            time.sleep(WARM_UP / 4)
            command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", WAITED]
            said = subprocess.run(
                command, cwd=PLAYGROUND, env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
    waited = sorted(map(float, said.stdout.split()))
    print(f"`python {shlex.join(sys.argv)}`\n")
    print(f"{len(waited)} of {options.messages} taken up; ms from the click to the claim:")
    print(f"median {statistics.median(waited):.0f}, p90 {waited[len(waited) * 9 // 10]:.0f}, most {waited[-1]:.0f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long a message waits until a worker has taken up its run.")
    parser.add_argument("--messages", type=int, default=25)
    parser.add_argument("--database-url", default="", help="a PostgreSQL server; SQLite unless given")
    parser.add_argument("--redis-url", default="", help="a Redis server; a folder is the queue unless given")
    return parser.parse_args()


if __name__ == "__main__":
    main()
