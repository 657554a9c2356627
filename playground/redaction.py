"""Takes secrets out of texts by how they look, and by what they are.

Made to hide too much rather than too little: a log without a word is read all the same, a key in a log has to be
replaced everywhere.
"""

import re
from collections.abc import Iterable

HIDDEN = "***"
# Characters; a shorter secret would take ordinary words with it.
SHORTEST_KNOWN = 8

HEADER = r"(?:(?:proxy-)?authorization|(?:set-)?cookie)"
NAME = rf"(?:{HEADER}|[\w-]*(?:key|token|secret|passw(?:or)?d|passphrase|credentials?))"
# A quote, as it is or inside another text.
QUOTE = r"""\\*["']"""

# What is kept is group 1; what follows it in the pattern is hidden.
PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in [
        # Our cookies, wherever they stand.
        r"""(\b(?:__Host-)?(?:session|csrf)(?:id|token|middlewaretoken)?=["']?)[^\s;,"']+""",
        # In quotes, as dicts, JSON and pairs of strings or bytes show it
        rf"""((?<![\w-]){NAME}(?:{QUOTE})?\s*[:=,]\s*b?\\*(["']))(?:\\.|(?!\2).)+""",
        # A header as it is sent, up to the end of its line; `api_key=…&`
        rf"""(\b{HEADER}\s*[:=]\s*)[^\s"'][^\r\n]*""",
        rf"""((?<![\w-]){NAME}(?:{QUOTE})?\s*[:=]\s*)[^\s"'&,;)\]}}]{{4,}}""",
        # The gateway's keys look like any other hash, but for the word before them.
        r"(key\W{1,8})[0-9a-f]{32,}",
        r"(\bbearer\s+)[\w.~+/=-]{6,}",
        r"()(?<![\w-])sk-[\w-]{8,}",
        # A Fernet token, a Fernet key, a JSON web token
        r"()(?<![\w-])gAAAA[\w-]{40,}={0,2}",
        r"()(?<![\w-])[\w-]{43}=(?![\w=])",
        r"()\beyJ[\w-]+\.[\w-]+\.[\w-]+",
        # Addresses that open something to whoever knows them
        r"""(/(?:welcome|rate)/)[^/\s"'?#]+""",
        r"(/)[\w-]{40,}(?![\w.-])",
        # The user and password of a URL
        r"""(\b\w+://)[^/\s@"']+(?=@)""",
    ]
]
SECRET_NAME = re.compile(NAME, re.IGNORECASE)


def redact(value: object, known: Iterable[str] = ()) -> object:
    """The same without secrets: those that look like one, those named like one, and these known ones.

    Numbers stay numbers, dicts and lists keep their shape, anything else becomes a text.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {
                str(redact(str(name), known)): HIDDEN if SECRET_NAME.fullmatch(str(name)) else redact(inner, known)
                for name, inner in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [redact(inner, known) for inner in value]
        case _:
            return redact_text(str(value), known)


def redact_text(text: str, known: Iterable[str] = ()) -> str:
    for secret in known:
        if len(secret) >= SHORTEST_KNOWN:
            text = text.replace(secret, HIDDEN)
    for pattern in PATTERNS:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text
