"""What libraries prepare for lines of their logs that nobody reads.

Autobahn composes its lines in colour and with every setting in them, also where none is written: a quarter of the calls
of a new socket. What is written into a line is now handed to the log as it is, which makes words of it where the line
is written. Twisted puts each request into a log that was never opened.
"""

from importlib import import_module
from typing import Any

PAINTERS = {
    "autobahn.twisted.websocket": ("hltype", "hlval"),
    "autobahn.websocket.protocol": ("hltype", "hlval", "pformat"),
}


def spare() -> None:
    """Paint no value that goes into a line."""
    for module_name, names in PAINTERS.items():
        vars(import_module(module_name)).update(dict.fromkeys(names, as_it_is))


def as_it_is(value: Any, **_: Any) -> Any:
    return value


def unwritten(_: object) -> None:
    """The line of a request."""
