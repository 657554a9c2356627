"""cURL, for a POSIX shell. Pure."""

import re
import shlex

from runs.code.literals import JSON
from runs.code.literals import write as write_literal
from runs.code.request import KEY, CodeRequest

# Bytes; Linux takes no argument of 128 KiB or more, so a larger body comes through the standard input.
LARGEST_ARGUMENT = 100_000


def write(request: CodeRequest) -> str:
    command = "curl -N" if request.streams else "curl"
    headers = [f"-H {_header(name, value, request.key_variable)}" for name, value in request.headers.items()]
    body = write_literal(dict(request.body), JSON)
    if len(body.encode()) < LARGEST_ARGUMENT:
        data, rest = f"-d {_single(body)}", ""
    else:
        # No line of JSON is the word that ends it.
        data, rest = "--data-binary @- <<'END'", f"\n{body}\nEND"
    return " \\\n  ".join([f"{command} {shlex.quote(request.url)}", *headers, data]) + rest + "\n"


def _header(name: str, value: str, variable: str) -> str:
    if KEY not in value:
        return _single(f"{name}: {value}")
    # Double quotes, in which the shell puts the variable's value.
    written = re.sub(r'([\\"$`])', r"\\\1", f"{name}: {value.replace(KEY, chr(0))}")
    return f'"{written.replace(chr(0), f"${variable}")}"'


def _single(text: str) -> str:
    """In single quotes, in which nothing but a single quote means anything."""
    return "'" + text.replace("'", "'\\''") + "'"
