"""How another benchmark's load generator uses the playground: as its pages do, over HTTP and a socket.

For a harness that has the modules `drivers` (with `WsJson`) and `wire` on its path and takes
`--driver bench/relay_driver.py:Product`. Options: `log`, the file with the server's output, in which the sign-in link
stands; `upstream`, the provider's base URL; `key`, an API key for it.
"""

import asyncio
import json
import re
import urllib.request
from http.cookiejar import LWPCookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from drivers import WsJson  # type: ignore[import-not-found]
from wire import HttpStream  # type: ignore[import-not-found]

# As in static/js/run-socket.js.
ACKNOWLEDGE_SECONDS = 1.0
ACKNOWLEDGE_FRAMES = 32
ACKNOWLEDGE_CHARACTERS = 64 * 1024

LINK = re.compile(r"^Open (http\S+/welcome/\S+)$", re.MULTILINE)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
MINE = re.compile(r'href="/settings/providers/(\d+)/"')
RUN = re.compile(rb'data-run-id="(\d+)"')


class Owner:
    """The owner of a fresh server, signed in once by its link and from then on by the cookies kept beside the log."""

    def __init__(self, base_url: str, log: Path) -> None:
        self._base_url = base_url
        self._link = LINK.findall(log.read_text())[-1]
        # The link is in the name: another start of the server makes another link.
        self._cookies = LWPCookieJar(f"{log}.{self._link.rstrip('/')[-8:]}.cookies")
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self.token = ""

    def enter(self) -> None:
        if Path(str(self._cookies.filename)).exists():
            self._cookies.load(ignore_discard=True)
        else:
            self._fetch(self._link)
            self._cookies.save(ignore_discard=True)
        self.token = TOKEN.findall(self._fetch(f"{self._base_url}/settings/providers/"))[0]

    def add_provider(self, base_url: str, key: str) -> None:
        """A provider with a key, whose models are read anew where it is there already."""
        provider = MINE.findall(self._fetch(f"{self._base_url}/settings/providers/"))
        if not provider:
            added = self._post("/settings/providers/", name="Bench", base_url=base_url, needs_key="on")
            provider = MINE.findall(added)
            self._post(f"/settings/providers/{provider[0]}/key/", key=key)
        self._post(f"/models/refresh/{provider[0]}/")

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def _post(self, path: str, **fields: str) -> str:
        form = urlencode({**fields, "csrfmiddlewaretoken": self.token}).encode()
        return self._fetch(self._base_url + path, form)

    def _fetch(self, url: str, form: bytes | None = None) -> str:
        with self._browser.open(url, form, timeout=60) as response:
            return str(response.read().decode())


class Product(WsJson):  # type: ignore[misc]
    """A page for each stream: the message goes out as a form, the answer comes back over the socket."""

    async def setup(self, streams: int) -> None:
        owner = Owner(self.base.rstrip("/"), Path(self.opts["log"]))
        owner.enter()
        owner.add_provider(self.opts["upstream"], self.opts.get("key", "sk-bench-0123456789"))
        self._cookie, self._token = owner.cookie_header, owner.token

    def path(self, i: int) -> str:
        return "/ws/"

    def ws_headers(self, i: int) -> dict[str, str]:
        return {"Cookie": self._cookie}

    async def open(self, i: int) -> Any:
        """A page that is loaded: its socket stands, and a connection is open for its form."""
        session = await super().open(i)
        _, session.form = await asyncio.get_running_loop().create_connection(HttpStream, self.host, self.port)
        return session

    async def fire(self, s: Any, prompt: str) -> None:
        s.first, s.problem = len(s.frames), ""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self._cookie,
            "X-CSRFToken": self._token,
            "HX-Request": "true",
        }
        form = urlencode({"text": prompt, "model": self.model, "client_token": uuid4().hex})
        s.form.send("POST", "/conversations/", self.netloc, headers, form.encode())
        await s.form.done
        status, _, parts = s.form.response()
        run = RUN.search(b"".join(data for _, data in parts))
        if status == 200 and run:
            Follower(s, run[1].decode()).begin()
        else:
            s.problem = f"the message was answered with {status}"
            s.finish()

    def pieces(self, payload: bytes, out: Any, t: int) -> None:
        frame = json.loads(payload)
        if frame["type"] == "text":
            out.content.append((t, frame["text"]))
        elif frame["type"] == "reasoning":
            out.reasoning.append((t, frame["text"]))
        elif frame["type"] == "end" and frame["state"] != "done":
            out.error = f"the run ended as {frame['state']}"

    def decode(self, s: Any) -> Any:
        out = super().decode(s)
        out.error = out.error or s.problem
        return out

    def close(self, session: Any) -> None:
        session.form.tr.close()
        super().close(session)


class Follower:
    """Follows a run and acknowledges what comes, in the rhythm of the page's script."""

    def __init__(self, socket: Any, run: str) -> None:
        self._socket, self._run = socket, run
        self._seq = self._unacknowledged = self._characters = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self._socket.hook = self._receive
        self._send("follow", after=0)

    def _receive(self, payload: bytes) -> None:
        frame = json.loads(payload)
        if frame["type"] == "end":
            if self._timer:
                self._timer.cancel()
            self._socket.finish()
        elif "seq" in frame:
            self._seq = frame["seq"]
            self._unacknowledged += 1
            self._characters += len(payload)
            if self._unacknowledged >= ACKNOWLEDGE_FRAMES or self._characters >= ACKNOWLEDGE_CHARACTERS:
                self._acknowledge()
            elif self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._acknowledge)

    def _acknowledge(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        self._unacknowledged = self._characters = 0
        self._send("ack", seq=self._seq)

    def _send(self, operation: str, **numbers: int) -> None:
        self._socket.write(json.dumps({"op": operation, "run": self._run, **numbers}).encode())
