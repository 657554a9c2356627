"""What can go wrong between a run and its provider.

    ProviderError
    ├── EgressBlocked         we do not connect there
    ├── NotSent               nothing left the building: connect refused, name unknown, TLS
    ├── Refused               the provider answered, and said no: key, credit, model, request, rate
    └── Broken                it began, and did not end well: cut, silent, not an API, too large

Every error has a `kind` (below, with its words) and says whether the call may have been charged. Pure: no Django, no
I/O. `client/faults.py` maps the HTTP library's errors to these, a dialect the provider's own.
"""

from dataclasses import dataclass
from enum import StrEnum


class Charge(StrEnum):
    """Was it billed?"""

    NO = "no"
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True)
class Kind:
    """The words of one kind of error: what happened, and what the person can do about it."""

    name: str
    title: str
    next_step: str
    charge: Charge = Charge.NO
    # May be tried again without asking: it provably did not execute.
    retryable: bool = False


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in [
        Kind("key_rejected", "The provider did not accept the API key.", "Replace the key, then try again."),
        Kind(
            "out_of_credit",
            "The account behind the API key is out of credit.",
            "Add credit at the provider, then try again.",
        ),
        Kind(
            "not_allowed",
            "The provider does not allow this for your API key.",
            "Check the key's scopes at the provider, or choose another model.",
        ),
        Kind("model_not_found", "The provider does not know this model.", "Choose another model, then try again."),
        Kind("bad_request", "The provider refused the request.", "Change what it names, then try again."),
        Kind(
            "too_long",
            "The conversation is too long for this model.",
            "Shorten it, or choose a model with a larger context.",
        ),
        Kind(
            "rate_limited",
            "The provider is limiting how often you may ask.",
            "Wait a little, then try again.",
            retryable=True,
        ),
        Kind("overloaded", "The provider is overloaded.", "Wait a little, then try again.", retryable=True),
        Kind(
            "provider_error",
            "The provider had an error of its own.",
            "Try again; if it stays, choose another model.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "not_an_api",
            "What answered is not a model API: it sent a web page.",
            "Check the provider's base URL, and whether a sign-in page of your network is in the way.",
        ),
        Kind(
            "protocol_error",
            "The provider's answer could not be understood.",
            "Try again; if it stays, tell whoever runs the provider.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "incomplete",
            "The answer stopped before its end.",
            "Run it again if you need the rest.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "connection_lost",
            "The connection to the provider broke.",
            "Run it again if you need the rest.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "connect_failed",
            "The provider cannot be reached.",
            "Check the base URL and that the server is running, then try again.",
            retryable=True,
        ),
        Kind(
            "unknown_host",
            "There is no server of that name.",
            "Check the provider's base URL, then try again.",
            retryable=True,
        ),
        Kind(
            "tls_error",
            "No secure connection could be made to the provider.",
            "Check the base URL; the server's certificate is not valid for it.",
        ),
        Kind(
            "redirect_refused",
            "The provider points to another address. Your API key was not sent there.",
            "Enter the new address as the base URL if you trust it.",
        ),
        Kind(
            "egress_blocked",
            "This server does not connect to that address.",
            "Ask the operator to allow it (PLAYGROUND_ALLOWED_PRIVATE_HOSTS), or use a public address.",
        ),
        Kind(
            "first_byte_timeout",
            "The provider did not begin to answer in time.",
            "Try again, or choose a faster model.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "idle_timeout",
            "The provider went silent in the middle of the answer.",
            "Run it again if you need the rest.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "too_slow",
            "The answer took longer than a run may last.",
            "Ask for less at once, then run it again.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "too_large",
            "The answer is larger than a run may hold.",
            "Ask for less at once, then run it again.",
            charge=Charge.MAYBE,
        ),
        Kind("no_key", "There is no API key for this provider.", "Add your key, then try again."),
        Kind("key_unreadable", "Your stored API key cannot be read any more.", "Enter the key again."),
        Kind(
            "attachment_lost",
            "A file of this conversation is not on this server any more.",
            "Attach it again, or ask the operator to restore it from a backup.",
        ),
        Kind("not_begun", "The server stopped before it made the call.", "Run it again."),
        Kind(
            "owner_died",
            "The server stopped while the answer was coming.",
            "Run it again if you need the rest.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "not_stored",
            "This server could not save any more of the answer.",
            "Run it again if you need the rest, once the server has room.",
            charge=Charge.MAYBE,
        ),
        Kind(
            "internal_error",
            "This server made a mistake of its own.",
            "Try again; the operator finds the reason in the log.",
            charge=Charge.MAYBE,
        ),
    ]
}

# Characters of a provider's own text that are kept and shown (escaped): enough for a reason, too few for a page.
DETAIL_CHARACTERS = 500


class ProviderError(Exception):
    """A call that did not give an answer. `detail` is the provider's or the library's own text, never a secret."""

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        self.kind = KINDS[kind]
        self.detail = detail.replace("\x00", "")[:DETAIL_CHARACTERS]
        # HTTP status of the answer, where there was one.
        self.status = status
        # Seconds that the provider asked to wait, as it said them.
        self.retry_after = retry_after
        self.request_id = request_id
        super().__init__(f"{kind}: {self.detail}" if self.detail else kind)


class EgressBlocked(ProviderError):
    """The address is not one this server connects to. Nothing was sent."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("egress_blocked", detail)


class NotSent(ProviderError):
    """No connection came about, so nothing was sent and nothing can have been charged."""


class Refused(ProviderError):
    """The provider answered and said no."""


class Broken(ProviderError):
    """The call was sent and did not end as it should; it may have been charged."""
