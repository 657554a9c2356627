"""What a provider means when it says no: by its status, and by its words where the status says too little."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from providers.dialects.complaints import CODES, codes_in, is_web_page, message_in, read_complaint
from providers.errors import ProviderError, Refused
from providers.untrusted import clean

KINDS_BY_STATUS = {
    401: "key_rejected",
    402: "out_of_credit",
    403: "not_allowed",
    404: "model_not_found",
    408: "provider_error",
    410: "model_not_found",
    413: "too_long",
    429: "rate_limited",
    503: "overloaded",
    529: "overloaded",
}

# A 403 may be about money, and so may a 429; but the latter speaks of a quota when it means requests in a minute.
# Elsewhere only what can mean nothing else counts.
NO_MONEY = re.compile(
    r"insufficient.(quota|funds|credit|balance)|credit.balance|out.of.credit|billing_error|api.usage.limits"
)
MONEY = re.compile(r"insufficient.(quota|funds)|credit|\bbalance\b|billing|payment|\btop.?up|spending.limit")
QUOTA = re.compile(r"quota|(key|usage).limit")
LENGTH = re.compile(
    r"context.?(length|window|size|limit)|maximum.context|(prompt|input|conversation).{0,20}too.(long|large)"
    r"|too.many.(input.|prompt.)?tokens|string_above_max_length|request_too_large"
)
MODEL = re.compile(
    r"model_not_found|not_found_error|model.{0,80}(does not exist|not found)|invalid.model|unknown.model"
)
KEY = re.compile(r"invalid_api_key|api_key_invalid|authentication")

# What a 400 or a 422 may be besides a bad request.
KINDS_BY_WORDS = ((LENGTH, "too_long"), (NO_MONEY, "out_of_credit"), (KEY, "key_rejected"), (MODEL, "model_not_found"))

# An error within an answer has no status of its own: its code is a number, or one of these words is in its text.
STATUS_BY_WORDS = (
    (KEY, 401),
    (NO_MONEY, 402),
    (re.compile(r"permission"), 403),
    (MODEL, 404),
    (re.compile(r"rate.?limit|too.many.requests|resource_exhausted"), 429),
    (re.compile(r"overloaded|unavailable"), 503),
    (LENGTH, 400),
    (re.compile(r"invalid_request|invalid_argument|bad.request"), 400),
)
STATUS = re.compile(r"[45][0-9][0-9]")
# Headers with the number that the provider's support asks for; that of the proxy before it is the last resort.
REQUEST_IDS = ("x-request-id", "request-id", "cf-ray")


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """What an answer with an error status means."""
    head = {name.lower(): value for name, value in headers.items()}
    said = read_complaint(body)
    detail = _redirect_target(head) if 300 <= status < 400 else message_in(said)
    return Refused(
        _kind(status, f"{codes_in(said)} {detail}".lower(), is_page=is_web_page(body)),
        detail,
        status=status,
        retry_after=_seconds(head.get("retry-after", "")),
        request_id=next((head[name] for name in REQUEST_IDS if head.get(name)), ""),
    )


def refusal_in(answer: Mapping[str, Any]) -> ProviderError:
    """What an error means that was sent with status 200, alone or in the middle of a stream."""
    said = clean(answer)
    detail = message_in(said.get("error")) or message_in(said)
    words = f"{codes_in(said)} {detail}".lower()
    return Refused(_kind(_status_in(said) or _status_by(words), words), detail)


def _kind(status: int, words: str, *, is_page: bool = False) -> str:
    if 300 <= status < 400:
        return "redirect_refused"
    if status == 404 and is_page:
        # No API answers with a page: the address is wrong, not the model.
        return "not_an_api"
    if (status in {403, 429} and MONEY.search(words)) or (status == 403 and QUOTA.search(words)):
        return "out_of_credit"
    if status in KINDS_BY_STATUS:
        return KINDS_BY_STATUS[status]
    if not 400 <= status < 500:
        return "provider_error"
    return next((kind for pattern, kind in KINDS_BY_WORDS if pattern.search(words)), "bad_request")


def _status_in(said: Mapping[str, Any]) -> int:
    error = said.get("error")
    for holder in (error if isinstance(error, dict) else {}, said):
        for name in CODES:
            code = str(holder.get(name))
            if STATUS.fullmatch(code):
                return int(code)
    return 0


def _status_by(words: str) -> int:
    return next((status for pattern, status in STATUS_BY_WORDS if pattern.search(words)), 500)


def _redirect_target(head: Mapping[str, str]) -> str:
    """Where it points to, without a query, which may carry a token."""
    try:
        return urlsplit(head.get("location", ""))._replace(query="", fragment="").geturl()
    except ValueError:
        return ""


def _seconds(retry_after: str) -> float | None:
    """Seconds from a number or a date, as the provider said them; None for what is neither, or lies in the past."""
    written = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", written):
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, IndexError, OverflowError):
        return None
    # A date with the zone "-0000" comes without one; HTTP dates are all GMT.
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return seconds if seconds > 0 else None
