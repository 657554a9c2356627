"""The playground as its owner starts it, in a folder of its own, with the fake provider added through its pages."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from upstream import KEY

ROOT = Path(__file__).resolve().parent.parent
# Seconds that a start may take on a busy machine.
PATIENCE = 60
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
MINE = re.compile(r'href="/settings/providers/(\d+)/"')


@dataclass(frozen=True)
class Product:
    """A running playground: where it is, how its owner gets in, and where it writes what goes wrong."""

    process: "subprocess.Popen[bytes]"
    base_url: str
    link: str
    log: Path
    # What its environment says; a program beside it with the same finds the same database.
    settings: Mapping[str, str]

    @property
    def locked(self) -> int:
        """How often the database turned somebody away."""
        return self.log.read_text().count("database is locked")

    async def enter(self, session: aiohttp.ClientSession, provider_url: str) -> str:
        """Sign in, add the provider, enter its key, read its models; the token for this person's forms."""
        token = await self.sign_in(session)
        fields = {"name": "Bench", "base_url": provider_url, "needs_key": "on"}
        added = await self._post(session, "/settings/providers/", fields, token)
        provider = MINE.findall(added)[-1]
        await self._post(session, f"/settings/providers/{provider}/key/", {"key": KEY}, token)
        refreshed = await self._post(session, f"/models/refresh/{provider}/", {}, token)
        assert "Bench lists" in refreshed, "the playground could not read the provider's models"
        return token

    async def sign_in(self, session: aiohttp.ClientSession) -> str:
        """As the owner; the token for their forms."""
        async with session.get(self.link) as response:
            response.raise_for_status()
        async with session.get("/settings/providers/") as response:
            found = TOKEN.search(await response.text())
        assert found, "nobody is signed in"
        return found[1]

    async def _post(self, session: aiohttp.ClientSession, path: str, fields: Mapping[str, str], token: str) -> str:
        form = {**fields, "csrfmiddlewaretoken": token}
        async with session.post(path, data=form, headers={"Origin": self.base_url}) as response:
            response.raise_for_status()
            return await response.text()


@contextmanager
def running(
    *, port: int, upstream_port: int, database_url: str, cpus: set[int], redis_url: str = ""
) -> Iterator[Product]:
    """The product on these CPUs, until the end of the block; its folder is thrown away with it."""
    base_url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as var_dir:
        log = Path(var_dir) / "server.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PLAYGROUND_", "AIML_"))}
        settings = {
            "PLAYGROUND_NO_BOOTSTRAP": "1",
            "PLAYGROUND_VAR_DIR": var_dir,
            "PLAYGROUND_BASE_URL": base_url,
            "PLAYGROUND_DATABASE_URL": database_url,
            "PLAYGROUND_REDIS_URL": redis_url,
            "PLAYGROUND_ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{upstream_port}",
            # One owner plays all the people.
            "PLAYGROUND_RUNS_PER_PERSON": "10000",
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--prepare", "--port", str(port)],
                cwd=ROOT,
                env={**clean, **settings},
                stdout=output,
                stderr=output,
            )
        os.sched_setaffinity(process.pid, cpus)
        try:
            yield Product(process, base_url, _link(process, log), log, settings)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _link(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The sign-in link, once it is printed."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        if found := re.search(r"^Open (\S+)$", log.read_text(), re.MULTILINE):
            return found[1]
        time.sleep(0.05)
    raise SystemExit(f"The playground did not start:\n{log.read_text()}")
