"""Literals of JavaScript as the values they are. What is more than a literal is `Missing`. Pure."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from providers.untrusted import parse_json
from runs.pasted.javascript_tokens import NOTHING, Token, number, tokens
from runs.pasted.request import LARGEST, MOST_STEPS, TOO_MUCH, Environment, Found, Missing, UnreadableError

WORDS = {"true": True, "false": False, "null": None}
# What ends an expression.
ENDS = (",", ")", "]", "}", ";", "")
# Levels of nesting; more would exhaust this recursive reader.
MAX_DEPTH = 60


class Values:
    """Reads expressions, one after the other, from where it stands."""

    def __init__(self, text: str, found: Found) -> None:
        self.tokens = list(islice(tokens(text), MOST_STEPS))
        self.place = 0
        self.found = found
        # Where the value of each declared name begins.
        self._names = dict(self._declared())
        # Names that are being looked up: one may be made of itself.
        self._open: set[str] = set()
        # A bracket was open at the end.
        self.is_cut = False
        self._depth = 0
        self._room = LARGEST
        self._steps = MOST_STEPS

    def value(self) -> Any:
        """The expression that begins here; afterwards it stands at what ends it."""
        self._step()
        self._depth += 1
        value = self._operand() if self._depth < MAX_DEPTH else Missing()
        while self.text() == "+" and isinstance(value, str):
            self.place += 1
            other = self._operand()
            value = self._spent(value + other) if isinstance(other, str) else Missing()
        self._depth -= 1
        if self.text() == "as":
            self._skip()
        elif self.text() not in ENDS and self._is_going_on():
            self._skip()
            return Missing()
        return value

    def listed(self, closing: str) -> list[Any]:
        """What stands between here and this bracket."""
        listed: list[Any] = []
        while self.text() not in (closing, ""):
            before = self.place
            if self.text() == "...":
                self.place += 1
                value = self.value()
                listed += value if isinstance(value, list) else [Missing()]
            else:
                listed.append(self.value())
            if self.text() == "," or self.place == before:
                self.place += 1
        self._close()
        return listed

    def text(self, ahead: int = 0) -> str:
        """The word or mark that stands here, or so many tokens ahead; empty at the end."""
        token = self._token(ahead)
        return token.text if token.kind in ("mark", "name") else token.kind and f"a {token.kind}"

    @contextmanager
    def standing_at(self, place: int) -> Iterator[None]:
        """For as long as the block lasts."""
        before, self.place = self.place, place
        try:
            yield
        finally:
            self.place = before

    def _declared(self) -> Iterator[tuple[str, int]]:
        triples = zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False)
        for place, (keyword, name, equals) in enumerate(triples):
            if keyword.text in ("const", "let", "var") and name.kind == "name" and equals.text == "=":
                yield name.text, place + 3

    def _operand(self) -> Any:
        token = self._next()
        match token.kind, token.text:
            case "string", text:
                return self._spent(text)
            case "template", _:
                return self._filled(token.parts)
            case "number", text:
                return number(text)
            case "name", text:
                return WORDS[text] if text in WORDS else self._named(text)
            case "mark", "{":
                return self._object()
            case "mark", "[":
                return self.listed("]")
            case "mark", "(":
                value = self.value()
                self.place += self.text() == ")"
                return value
            case "mark", "-" if self._token().kind == "number":
                return -number(self._next().text)
            case _:
                self.place -= token is not NOTHING
                self._skip()
                return Missing()

    def _object(self) -> dict[str, Any]:
        written: dict[str, Any] = {}
        while self.text() not in ("}", ""):
            before = self.place
            if self.text() == "...":
                self.place += 1
                value = self.value()
                written |= value if isinstance(value, dict) else {}
            else:
                name, value = self._member()
                if isinstance(name, str):
                    written[name] = value
            if self.text() == "," or self.place == before:
                self.place += 1
        self._close()
        return written

    def _close(self) -> None:
        self.is_cut = self.is_cut or not self.text()
        self.place += 1

    def _member(self) -> tuple[Any, Any]:
        """A name and its value. The name stands as it is, in quotes or in brackets, and may be the value too."""
        token = self._next()
        name: Any = token.text
        if name == "[" and token.kind == "mark":
            name = self.value()
            self.place += 1
        if self.text() == ":":
            self.place += 1
            return name, self.value()
        if token.kind == "name" and self.text() in (",", "}"):
            return name, self._named(name)
        self._skip()
        return name, Missing()

    def _named(self, name: str) -> Any:
        """What a chain of names stands for: the environment, what a known function makes, a declared value."""
        while name == "new":
            name = self._next().text
        chain = [name]
        while self.text() in (".", "?.") and self._token(1).kind == "name":
            chain.append(self.text(1))
            self.place += 2
        if "env" in chain:
            return Environment()
        if self.text() == "(":
            self.place += 1
            return self._made_by(".".join(chain), self.listed(")"))
        return self._declared_value(name) if len(chain) == 1 else Missing()

    def _made_by(self, function: str, arguments: list[Any]) -> Any:
        if function == "TextEncoder" and [self.text(ahead) for ahead in range(3)] == [".", "encode", "("]:
            self.place += 3
            function, arguments = "encode", self.listed(")")
        match function, arguments:
            case "JSON.stringify" | "encode" | "String", [value, *_]:
                return value
            case "JSON.parse", [str(text), *_]:
                return json_in(text)
            case _:
                return Missing()

    def _declared_value(self, name: str) -> Any:
        if name not in self._names or name in self._open:
            return Missing()
        self._open.add(name)
        with self.standing_at(self._names[name]):
            value = self.value()
        self._open.discard(name)
        return value

    def _filled(self, parts: tuple[str, ...]) -> Any:
        """A template: what is not written out stands as the code names it, unless it is a key."""
        filled = parts[0]
        for expression, text in zip(parts[1::2], parts[2::2], strict=True):
            value = Environment() if ".env." in expression else self._declared_value(expression)
            if isinstance(value, Environment):
                return value
            if not isinstance(value, str | int | float):
                self.found.note("The code puts values into its texts; they stand there as ${names}.")
                value = f"${{{expression[:100]}}}"
            filled += f"{value}{text}"
        return self._spent(filled)

    def _is_going_on(self) -> bool:
        """Whether what stands here continues the expression: a new statement begins with a name."""
        return self._token().kind == "mark" or self.text() in ("instanceof", "in", "satisfies")

    def _skip(self) -> None:
        """Past the rest of an expression, up to the comma or bracket that ends it."""
        depth = 0
        while text := self.text():
            if depth == 0 and text in ENDS:
                return
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            self.place += 1
            self._step()

    def _token(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else NOTHING

    def _next(self) -> Token:
        token = self._token()
        self.place += token is not NOTHING
        return token

    def _step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise UnreadableError(TOO_MUCH)

    def _spent(self, text: str) -> str:
        self._room -= len(text)
        if self._room < 0:
            raise UnreadableError(TOO_MUCH)
        return text


def json_in(text: str) -> Any:
    """The value of this JSON; None when it is none."""
    try:
        return parse_json(text)
    except ValueError:
        return None
