"""Sees to it that pages do nothing unseemly, whatever a test is about."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Request, Response, WebError

# Opens a window that is watched; takes what Playwright's `new_context` takes.
OpenContext = Callable[..., BrowserContext]

# The browser reports a violation in words of its own; this also catches those it would only report to a server.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
  console.error(`policy violation: ${effectiveDirective} ${blockedURI}`));
"""

# What htmx says of a request that a newer one replaces, as `hx-sync` has it, or whose page is left. Whatever else may
# befall one has a line of its own beside the second of these.
ABORTED = ["htmx:sendAbort", "htmx:afterRequest"]


class Watch:
    """Collects what no page may do: complain, break, ask elsewhere, open a dialog, be answered with a 5xx."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._troubles: list[str] = []
        self._allowed = list(ABORTED)

    def over(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._heard)
        context.on("weberror", self._broke)
        context.on("dialog", self._asked)
        context.on("request", self._requested)
        context.on("response", self._answered)

    def allow_status(self, status: int) -> None:
        """The browser and htmx complain of every answer above 399; this one is what the test provokes."""
        self._allowed += [
            f"the server responded with a status of {status}",
            f"Response Status Error Code {status} ",
            f"answered {status}: ",
        ]

    def check(self) -> None:
        left = [trouble for trouble in self._troubles if not any(words in trouble for words in self._allowed)]
        assert not left, "\n".join(left)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._troubles.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def _broke(self, error: WebError) -> None:
        problem: Error = error.error
        self._troubles.append(f"page error: {problem}")

    def _asked(self, dialog: Dialog) -> None:
        self._troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != self._origin:
            self._troubles.append(f"request elsewhere: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._troubles.append(f"answered {response.status}: {response.url}")
