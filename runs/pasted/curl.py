"""A cURL command. Pure."""

from collections.abc import Iterator

from providers.untrusted import parse_json
from runs.pasted.request import Found, UnreadableError
from runs.pasted.shell import Command, Word, commands

DATA = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}
FORMS = {"-F", "--form", "--form-string", "--data-urlencode"}
# Options that a word follows, which is neither an address nor a body.
SHORT_WITH_VALUE = "AbcCDeEhHKmNoPQrtTuUwxXyYzdF"
FLAGS = set("fgGiIjklLnNpqRsSvZ0123469#a")
LONG_FLAGS = {
    "compressed", "fail", "fail-with-body", "get", "globoff", "head", "http1.0", "http1.1", "http2", "http3", "include",
    "insecure", "ipv4", "ipv6", "location", "location-trusted", "no-buffer", "no-keepalive", "no-progress-meter",
    "parallel", "path-as-is", "progress-bar", "raw", "remote-name", "remote-time", "retry-all-errors",
    "retry-connrefused", "show-error", "show-headers", "silent", "ssl", "tcp-fastopen", "tcp-nodelay", "tlsv1.2",
    "tlsv1.3", "trace-time", "verbose",
}  # fmt: skip


def is_curl(text: str) -> bool:
    """Whether one of its commands is cURL."""
    try:
        return any(_arguments(command) is not None for command in commands(text))
    except ValueError:
        return text.lstrip(" \t\n$").startswith("curl")


def read(text: str) -> Found:
    """The request of the first cURL command. Raises `UnreadableError`."""
    found = Found()
    try:
        for command in commands(text):
            _hide_assignments(command, found)
            if (arguments := _arguments(command)) is not None:
                return _read(command, arguments, found)
    except ValueError as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("The cURL command is not whole: a quote is opened and not closed.") from None
    raise UnreadableError("There is no cURL command in it.")


def _arguments(command: Command) -> list[Word] | None:
    """The words after `curl`; None for another command."""
    for place, word in enumerate(command.words):
        if word.text == "$" or _is_assignment(word):
            continue
        name = word.text.rsplit("/", 1)[-1].lower()
        return command.words[place + 1 :] if name in ("curl", "curl.exe") else None
    return None


def _is_assignment(word: Word) -> bool:
    return "=" in word.text and word.text.split("=", 1)[0].isidentifier()


def _hide_assignments(command: Command, found: Found) -> None:
    for word in command.words:
        name, _, value = word.text.partition("=")
        if _is_assignment(word) and any(part in name.upper() for part in ("KEY", "TOKEN", "SECRET")):
            found.hide(value)


def _read(command: Command, arguments: list[Word], found: Found) -> Found:
    data: list[Word] = []
    for option, value in _options(arguments):
        if option in DATA:
            data.append(_data(value, command, option))
        elif option in FORMS:
            raise UnreadableError("The command sends a form, not JSON, so there is no request to a model in it.")
        elif option in ("-H", "--header"):
            name, _, content = value.text.partition(":")
            found.hide_headers({name.strip(): content})
        elif option in ("-u", "--user", "--oauth2-bearer", "-b", "--cookie"):
            found.hide(value.text.partition(":")[2] or value.text)
        elif option in ("--url", "") and not found.url:
            found.url = value.text if "://" in value.text else f"https://{value.text}"
    if not data:
        raise UnreadableError("The cURL command has no body. Paste one with -d and the JSON that it sends.")
    try:
        found.body = parse_json("".join(word.text for word in data))
    except ValueError:
        raise UnreadableError("What the cURL command sends is not JSON, as it is quoted here.") from None
    if any(word.varies for word in data):
        found.note("The command puts variables of its shell into the request; they stand as they are written.")
    return found


def _options(arguments: list[Word]) -> Iterator[tuple[str, Word]]:
    """(option, its value); the option is empty for a word that stands alone."""
    words = iter(arguments)
    for word in words:
        text = word.text
        if text.startswith("--"):
            name, has_value, value = text.partition("=")
            if name[2:].removeprefix("no-") in LONG_FLAGS or name[2:] in LONG_FLAGS:
                continue
            yield name, Word(value, word.varies) if has_value else next(words, Word())
        elif text.startswith("-") and len(text) > 1:
            # Several letters may share a dash; the first that takes a value takes the rest of the word.
            place = next((place for place in range(1, len(text)) if text[place] not in FLAGS), None)
            if place is not None:
                rest = text[place + 1 :]
                yield f"-{text[place]}", Word(rest, word.varies) if rest else next(words, Word())
        else:
            yield "", word


def _data(value: Word, command: Command, option: str) -> Word:
    """What an option sends; a word that begins with @ names where it comes from."""
    if not value.text.startswith("@") or option == "--data-raw":
        return value
    if value.text in ("@-", "@/dev/stdin") and command.given is not None:
        return Word(command.given)
    raise UnreadableError("The cURL command sends what is in a file. Paste the text of that file instead.")
