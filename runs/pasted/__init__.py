"""A request read from what somebody pasted: cURL, Python, JavaScript or JSON. Pure: no Django, no I/O.

Nothing is executed. Keys are recognised where code holds them, and forgotten before anything is given back.
"""

import re
from contextlib import suppress

from providers.untrusted import parse_json
from runs.pasted import curl, javascript, python
from runs.pasted.request import Found, Pasted, UnreadableError, taken

__all__ = ["Pasted", "UnreadableError", "read"]

# Characters; reading may take a second for each million.
LONGEST = 2_000_000
# Code comes in Markdown's fences where it is copied from an answer.
FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)


def read(text: str) -> Pasted:
    """The request in this text. Raises `UnreadableError`, whose sentence says why there is none."""
    if fenced := FENCE.match(text):
        text = fenced[1]
    text = text.replace("\r\n", "\n").lstrip("\ufeff")
    if len(text) > LONGEST:
        raise UnreadableError(f"That is too long: at most {LONGEST:,} characters can be read.")
    if not text.strip():
        raise UnreadableError("Nothing was pasted. Paste a cURL command, Python, JavaScript or JSON.")
    return taken(_found(text))


def _found(text: str) -> Found:
    if text.lstrip()[:1] in ("{", "["):
        return Found(body=_json(text))
    if curl.is_curl(text):
        return curl.read(text)
    if tree := python.parse(text):
        # Some JavaScript is Python to the letter, and makes no call there.
        with suppress(UnreadableError):
            return python.read(tree)
    return javascript.read(text)


def _json(text: str) -> object:
    try:
        return parse_json(text)
    except ValueError:
        # As code writes it: with comments, commas at the end, names without quotes.
        return javascript.literal(text)
