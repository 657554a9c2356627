"""What a person says that a call came to. Pure: no Django, no I/O."""

from dataclasses import dataclass
from typing import Any

# Characters of a tool's name that are kept with its result.
LONGEST_NAME = 64


@dataclass(frozen=True)
class Result:
    """The result of one call, or the error it ended in."""

    call_id: str
    # The tool's, for the page.
    name: str
    text: str
    is_error: bool = False

    @property
    def as_columns(self) -> dict[str, Any]:
        """As a message has it."""
        return {
            "tool_call_id": self.call_id,
            "name": self.name[:LONGEST_NAME],
            "written": self.text,
            "is_error": self.is_error,
        }
