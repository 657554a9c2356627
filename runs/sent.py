"""What a run sends, as it may be shown and written down: everything but the key."""

import json
from dataclasses import dataclass
from typing import Any

from providers.client.shown import shown_headers
from providers.models import Provider
from runs.attachments import files, holes
from runs.code import KEY, CodeRequest, key_variable
from runs.models import Run

# Characters of a body, or of a piece of an answer, that a page shows; the rest is in the file.
MOST_SHOWN = 100_000


@dataclass(frozen=True)
class Shown:
    """A text as far as a page shows it."""

    text: str
    # Characters that are left out at its end.
    left_out: int = 0

    @classmethod
    def of(cls, text: str) -> "Shown":
        return cls(text[:MOST_SHOWN], max(0, len(text) - MOST_SHOWN))


@dataclass(frozen=True)
class Sent:
    """One request, laid out for reading. `headers` are None where the provider is gone and nobody knows them."""

    url: str
    headers: list[tuple[str, str]] | None
    body: bytes
    # The body for reading: of the data of attachments only the beginning.
    legible: bytes
    # Whose key is shown, in words.
    key_note: str = ""

    @property
    def as_sent(self) -> Shown:
        return Shown.of(self.body.decode("utf-8", "replace"))

    @property
    def pretty(self) -> Shown:
        return Shown.of(json.dumps(json.loads(self.legible), ensure_ascii=False, indent=2))


def sent(run: Run) -> Sent:
    """The request of this run. The key itself is not opened: its last characters are enough to tell it by."""
    body, legible = body_of(run), run.body_with(files.glimpse_of)
    if run.provider is None:
        return Sent(run.endpoint, None, body, legible)
    shown, note = _key_of(run, run.provider)
    return Sent(run.endpoint, shown_headers(run.provider.dialect, run.endpoint, body, shown), body, legible, note)


def body_of(run: Run) -> bytes:
    """The exact bytes; where a file is lost, all but its data."""
    try:
        return run.request_body
    except files.LostError:
        return run.body_with(files.glimpse_of)


def with_files(body: bytes) -> bytes:
    """A body that was just written, with the data of its files, as far as they are here."""
    kept, missing = holes.cut(body)
    try:
        return holes.fill(kept, missing, files.base64_of)
    except files.LostError:
        return holes.fill(kept, missing, files.glimpse_of)


def code_request(run: Run) -> CodeRequest:
    """The request of this run with a hole where the key goes."""
    return request_with_hole(run.provider, run.endpoint, json.loads(body_of(run)), has_key=_has_key(run))


def request_with_hole(provider: Provider | None, url: str, body: dict[str, Any], *, has_key: bool) -> CodeRequest:
    headers = {"Content-Type": "application/json"}
    if provider is None:
        return CodeRequest(url, headers | {"Authorization": f"Bearer {KEY}"}, body, "API_KEY")
    variable = key_variable(provider.dialect_name, provider.name) if has_key else ""
    return CodeRequest(url, headers | provider.dialect.headers(KEY if has_key else None), body, variable)


def _has_key(run: Run) -> bool:
    return run.provider is not None and (run.provider.needs_key or run.provider.key_of(run.user) is not None)


def _key_of(run: Run, provider: Provider) -> tuple[str | None, str]:
    """What stands for the key, and whose it is."""
    key = provider.key_of(run.user)
    if key is None and not provider.needs_key:
        return None, ""
    variable = f"${key_variable(provider.dialect_name, provider.name)}"
    if key is None:
        return variable, "There is no key for this provider any more."
    if provider.dialect.completion_url(provider.base_url) != run.endpoint:
        return variable, "The provider has another address now, with a key of its own."
    if key.updated_at > run.queued_at:
        return variable, "The key has been replaced since."
    return f"…{key.last_four}", "Your key, by its last characters; the rest is shown nowhere."
