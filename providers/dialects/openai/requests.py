"""What is asked for, in the shape that everything above the dialects speaks too: it goes out as it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.dialects.base import RESERVED, WireMessage


def request(
    *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
) -> dict[str, Any]:
    asked = {name: value for name, value in parameters.items() if name not in RESERVED}
    return {"model": model, "messages": list(messages), **asked, **({"stream": True} if stream else {})}
