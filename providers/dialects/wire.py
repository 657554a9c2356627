"""JSON as it goes over the wire: requests out, answers and pieces of them in."""

import json
from collections.abc import Mapping
from typing import Any

from providers.dialects.complaints import is_web_page
from providers.errors import Broken
from providers.untrusted import clean_text, parse_json

# What OpenAI's streams end with, and those of many others that never had to.
END_MARK = "[DONE]"
# Characters of a piece that cannot be read that are quoted.
QUOTED = 200


def written(body: Mapping[str, Any]) -> bytes:
    """The exact bytes of a request."""
    text = compact(body)
    # Half a surrogate pair, pasted from somewhere, has no UTF-8.
    return text.encode("utf-8", "replace")


def compact(value: Any) -> str:
    """A value as JSON without a blank too many."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parsed(body: bytes) -> Any:
    """The value of an answer that came in one piece. Raises `Broken` when it is not JSON."""
    try:
        return parse_json(body.decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise Broken("not_an_api" if is_web_page(body) else "protocol_error", "The answer is not JSON.") from error


def parsed_answer(body: bytes) -> dict[str, Any]:
    """The same, of an answer that has to be an object."""
    answer = parsed(body)
    if not isinstance(answer, dict):
        raise Broken("protocol_error", "The answer is not an object.")
    return answer


def parsed_piece(data: str) -> dict[str, Any]:
    """The object in one server-sent event's data. Raises `Broken` when there is none."""
    try:
        piece = parse_json(data)
    except ValueError as error:
        raise Broken("protocol_error", f"Not JSON: {clean_text(data[:QUOTED])}") from error
    if not isinstance(piece, dict):
        raise Broken("protocol_error", f"Not a chunk: {clean_text(data[:QUOTED])}")
    return piece
