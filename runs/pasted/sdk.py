"""What the SDKs call the endpoints, and where they find them when nobody says. Pure."""

from typing import Any

from runs.pasted.request import Missing

# The last words of a call, the address when no base URL is given, and what the SDK adds to one.
CALLS = {
    "chat.completions.create": ("https://api.openai.com/v1", "/chat/completions"),
    "chat.completions.parse": ("https://api.openai.com/v1", "/chat/completions"),
    "chat.completions.stream": ("https://api.openai.com/v1", "/chat/completions"),
    "responses.create": ("https://api.openai.com/v1", "/responses"),
    "responses.stream": ("https://api.openai.com/v1", "/responses"),
    "messages.create": ("https://api.anthropic.com", "/v1/messages"),
    "messages.stream": ("https://api.anthropic.com", "/v1/messages"),
}


def address(function: str, base_url: Any) -> str:
    """Where a call of this name goes; empty when it is none of an SDK's."""
    for name, (usual, path) in CALLS.items():
        if function == name or function.endswith(f".{name}"):
            if isinstance(base_url, Missing):
                return path
            return (base_url.rstrip("/") if isinstance(base_url, str) else usual) + path
    return ""
