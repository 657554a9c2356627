"""Lines that Autobahn composes for its log, in colour and with every setting in them, also where nobody reads any.

They were a quarter of the calls of a new socket. What is written into a line is now handed to the log as it is, which
makes words of it where the line is written.
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
        module = import_module(module_name)
        for name in names:
            setattr(module, name, as_it_is)


def as_it_is(value: Any, **_: Any) -> Any:
    return value
