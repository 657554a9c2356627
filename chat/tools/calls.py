"""The calls that a model made in one message. Pure: no Django, no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chat.tools.declared import Declared

# What a call of a custom tool says of itself; all others are calls of functions.
CUSTOM = "custom"


def told(calls: Iterable[Mapping[str, Any]], declared: Mapping[str, Declared], prefix: str) -> Iterator[dict[str, Any]]:
    """The calls as they are sent on: each with an id, and with its kind where it is none of a function.

    Some providers give no id, or one to several calls. Those get one that begins with the prefix and is the same each
    time, so that a result finds its call.
    """
    taken: set[str] = set()
    for number, call in enumerate(calls):
        call_id = call.get("id") or ""
        if not call_id or call_id in taken:
            call_id = f"{prefix}_{number}"
        taken.add(call_id)
        tool = declared.get(call["name"])
        kind = {"type": CUSTOM} if tool and tool.is_custom else {}
        yield {**call, **kind, "id": call_id}
