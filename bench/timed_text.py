"""Text that carries its own send times, so that what arrives tells how long it was on its way.

A token is `[number@microseconds]` and then something that a careless relay would break: quotes, HTML, characters of two
to four bytes, the end of a paragraph. Both ends run on one machine and read one clock, the monotonic one.
"""

import re
import time

# One after the other, and a new paragraph each time they have all been used.
ENDINGS = ("a ", "é ", '"q" ', "\\ ", "漢 ", "😀 ", "<b>b</b> ", "&amp; ", "`c` ", "*i* ", " ", "\n", "1. ", ".\n\n")
TOKEN = re.compile(r"\[(\d+)@(\d+)\]")


def microseconds() -> int:
    return time.monotonic_ns() // 1000


def token(number: int) -> str:
    """The token of this number, sent now."""
    return f"[{number}@{microseconds()}]{ENDINGS[number % len(ENDINGS)]}"


def send_times(text: str) -> list[tuple[int, int]]:
    """For each token of a text: the position at which its mark ends, and when it was sent."""
    return [(found.end(), int(found[2])) for found in TOKEN.finditer(text)]
