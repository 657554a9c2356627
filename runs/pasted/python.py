"""Python that calls a provider, read as a syntax tree. Nothing of it is executed. Pure."""

import ast
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from providers.untrusted import parse_json
from runs.pasted.request import (
    LARGEST,
    MOST_STEPS,
    NO_REQUEST,
    SECRET_NAME,
    TOO_MUCH,
    Environment,
    Found,
    Missing,
    UnreadableError,
)
from runs.pasted.sdk import address

# What an SDK's `create` takes for itself.
OWN = {"extra_headers", "extra_query", "extra_body", "timeout"}


def parse(text: str) -> ast.Module | None:
    """Its syntax tree; None when it is not Python."""
    # A notebook's own commands are no Python.
    lines = ["" if line.lstrip().startswith(("!", "%")) else line for line in text.split("\n")]
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read(tree: ast.Module) -> Found:
    """The first request that the code makes. Raises `UnreadableError`."""
    try:
        return _Reader(tree).read()
    except RecursionError:
        raise UnreadableError("The code is nested too deeply to be read.") from None


class _Reader:
    def __init__(self, tree: ast.Module) -> None:
        self._found = Found()
        self._nodes = list(ast.walk(tree))
        self._names = dict(self._assignments())
        # Names that are being looked up: one may be made of itself.
        self._open: set[str] = set()
        self._room = LARGEST
        self._steps = MOST_STEPS

    def read(self) -> Found:
        calls = [node for node in self._nodes if isinstance(node, ast.Call)]
        clients = [self._arguments(call) for call in calls if _name(call.func).endswith(("OpenAI", "Anthropic"))]
        for client in clients:
            self._found.hide(client.get("api_key"))
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            body = self._body(call, clients[0] if clients else {})
            if body and isinstance(body, dict | list):
                self._found.body = body
                return self._found
        raise UnreadableError(NO_REQUEST)

    def _assignments(self) -> Iterator[tuple[str, ast.expr]]:
        for node in self._nodes:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(name)], value=value)
                    | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
                ):
                    if SECRET_NAME.search(name):
                        self._found.hide(value.value if isinstance(value, ast.Constant) else None)
                    yield name, value

    def _body(self, call: ast.Call, client: Mapping[str, Any]) -> Any:
        function = _name(call.func)
        method = function.rsplit(".", 1)[-1]
        if method in ("create", "stream", "parse") and (url := address(function, client.get("base_url"))):
            self._found.url = url
            return self._created(call)
        if method in ("post", "request", "stream"):
            return self._posted(call, self._arguments(call), client)
        return None

    def _created(self, call: ast.Call) -> dict[str, Any]:
        arguments = self._arguments(call)
        self._found.hide_headers(arguments.get("extra_headers"))
        further = arguments.get("extra_body")
        body = {name: value for name, value in arguments.items() if name not in OWN}
        return body | (further if isinstance(further, dict) else {})

    def _posted(self, call: ast.Call, arguments: Mapping[str, Any], client: Mapping[str, Any]) -> Any:
        positional = [self._value(argument) for argument in call.args]
        urls = [value for value in [arguments.get("url"), *positional] if isinstance(value, str)]
        body = next((arguments[name] for name in ("json", "data", "content", "body") if name in arguments), None)
        if isinstance(body, str):
            body = _json(body)
        if body is not None:
            url = next((url for url in urls if "/" in url), "")
            base = client.get("base_url")
            self._found.url = f"{base.rstrip('/')}{url}" if url.startswith("/") and isinstance(base, str) else url
            self._found.hide_headers(arguments.get("headers"))
        return body

    def _arguments(self, call: ast.Call) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for keyword in call.keywords:
            value = self._value(keyword.value)
            if keyword.arg:
                arguments[keyword.arg] = value
            elif isinstance(value, dict):
                arguments |= value
            else:
                self._found.note("Arguments that the code collects elsewhere (**) were left out.")
        return arguments

    def _value(self, node: ast.expr) -> Any:
        self._steps -= 1
        if self._steps < 0 or self._room < 0:
            raise UnreadableError(TOO_MUCH)
        match node:
            case ast.Constant(value=str() | bool() | int() | float() | None as value):
                self._room -= len(value) if isinstance(value, str) else 0
                return value
            case ast.List(elts) | ast.Tuple(elts):
                return [self._value(element) for element in elts]
            case ast.Dict(keys, values):
                return self._dict(keys, values)
            case ast.Name(name):
                return self._named(name)
            case ast.UnaryOp(ast.USub(), operand):
                value = self._value(operand)
                return -value if isinstance(value, int | float) else Missing()
            case ast.BinOp(left, ast.Add(), right):
                both = self._value(left), self._value(right)
                return both[0] + both[1] if all(isinstance(value, str) for value in both) else _first_missing(*both)
            case ast.JoinedStr(parts):
                return self._joined(parts)
            case ast.Call():
                return self._called(node)
            case ast.Subscript(value) if _name(value).endswith("environ"):
                return Environment()
            case _:
                return Missing()

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for key, node in zip(keys, values, strict=True):
            value = self._value(node)
            if key is None:
                written |= value if isinstance(value, dict) else {}
            elif isinstance(name := self._value(key), str):
                written[name] = value
        return written

    def _named(self, name: str) -> Any:
        if name not in self._names or name in self._open:
            return Missing()
        self._open.add(name)
        try:
            return self._value(self._names[name])
        finally:
            self._open.discard(name)

    def _joined(self, parts: list[ast.expr]) -> Any:
        """An f-string: what is not written out stands as the code names it, unless it is a key."""
        pieces: list[str] = []
        for part in parts:
            value = self._value(part.value) if isinstance(part, ast.FormattedValue) else self._value(part)
            if isinstance(value, Environment):
                return value
            if isinstance(value, Missing):
                expression = ast.unparse(part.value) if isinstance(part, ast.FormattedValue) else ""
                self._found.note("The code puts values into its texts; they stand there as {names}.")
                value = f"{{{expression[:100]}}}"
            pieces.append(str(value))
        return "".join(pieces)

    def _called(self, call: ast.Call) -> Any:
        match _name(call.func), call.args:
            case (("json.dumps" | "dumps" | "str" | "dedent" | "textwrap.dedent"), [argument, *_]):
                return self._value(argument)
            case (("json.loads" | "loads"), [argument, *_]):
                value = self._value(argument)
                return _json(value) if isinstance(value, str) else Missing()
            case (("os.getenv" | "getenv" | "os.environ.get" | "environ.get"), _):
                return Environment()
            case "dict", []:
                return self._arguments(call)
            case _:
                return Missing()


def _name(node: ast.expr) -> str:
    """`client.chat.completions.create` as it is written; empty where it is not a chain of names."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{_name(value)}.{name}"
        case ast.Call(func):
            return _name(func)
        case _:
            return ""


def _first_missing(*values: Any) -> Missing:
    return next((value for value in values if isinstance(value, Missing)), Missing())


def _json(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return None
