"""What both ways to write JavaScript share. Pure."""

import json
from typing import Any

from runs.code.literals import json_string
from runs.code.request import KEY


def template(value: str, variable: str) -> str:
    """A header's value, with the environment's key where the key belongs."""
    if value == KEY:
        return f"process.env.{variable}"
    if KEY not in value:
        return json_string(value)
    written = value.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return "`" + written.replace(KEY, f"${{process.env.{variable}}}") + "`"


def members_of(body: dict[str, Any]) -> str:
    """The body as JSON text on one line."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def as_text(indent: str) -> str:
    """Why a body is not an object here."""
    return f"{indent}// As text: JavaScript would round the large numbers in it.\n"
