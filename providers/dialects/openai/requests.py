"""What is asked for, in the shape that everything above the dialects speaks too: it goes out as it is.

But for one thing that the shape has no word for, a result that is an error.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.dialects.base import RESERVED, WireMessage
from providers.dialects.results import told_in_words


def request(
    *, model: str, messages: Sequence[WireMessage], parameters: Mapping[str, Any], stream: bool
) -> dict[str, Any]:
    asked = {name: value for name, value in parameters.items() if name not in RESERVED}
    told = [told_in_words(message) for message in messages]
    return {"model": model, "messages": told, **asked, **({"stream": True} if stream else {})}
