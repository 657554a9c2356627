"""The words in an error, whose form nobody agrees on: an object, a text, a list of fields, a web page, or nothing."""

import re
from typing import Any

from providers.untrusted import clean, parse_json

TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
# Where a message may be, the best first: an `error` beside a `message` is often only the status in words.
MESSAGES = ("message", "error", "detail", "errors", "msg")
CODES = ("code", "type", "status", "statusCode")
# Items of a list of errors that are read out.
MAX_LISTED = 5


def is_web_page(body: bytes) -> bool:
    return body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def read_complaint(body: bytes) -> Any:
    """The body as a value: parsed if it is JSON, the title if it is a web page, else its text."""
    text = body.decode("utf-8-sig", "replace")
    if is_web_page(body):
        title = TITLE.search(text)
        return title[1] if title else ""
    try:
        return clean(parse_json(text))
    except ValueError:
        return text


def message_in(said: Any) -> str:
    """The words for a person in an error of any form; empty where there are none."""
    match said:
        case str():
            return " ".join(said.split())
        case list():
            return "; ".join(filter(None, map(message_in, said[:MAX_LISTED])))
        case dict():
            message = next(filter(None, (message_in(said.get(name)) for name in MESSAGES)), "")
            place = said.get("loc") or said.get("path")
            # Lists of wrong fields say where each of them is.
            return f"{'.'.join(map(str, place))}: {message}" if message and isinstance(place, list) else message
        case _:
            return ""


def codes_in(said: Any) -> str:
    """The words for a program in it."""
    match said:
        case list():
            return " ".join(map(codes_in, said[:MAX_LISTED]))
        case dict():
            own = [said[name] for name in CODES if isinstance(said.get(name), str)]
            return " ".join([*own, codes_in(said.get("error"))])
        case _:
            return ""
