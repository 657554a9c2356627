"""What a piece of code is to send. Pure: no Django, no I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

# Stands in a header's value where the key belongs; no key contains it.
KEY = "$KEY"
# What the end of an address says of the SDK's word for it.
RESOURCES = {"/chat/completions": "chat.completions", "/responses": "responses"}


@dataclass(frozen=True)
class CodeRequest:
    """A request with a hole where the key goes: no code that is made of it can contain one."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    # The environment variable that holds the key; empty where none is sent.
    key_variable: str = ""

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def resource(self) -> str:
        """What the OpenAI SDKs call this endpoint; empty where they do not speak to it."""
        return next((name for ending, name in RESOURCES.items() if self.url.endswith(ending)), "")

    @property
    def base_url(self) -> str:
        """The address that an SDK is given, which adds the rest itself."""
        return self.url.removesuffix(next((ending for ending in RESOURCES if self.url.endswith(ending)), ""))

    @property
    def path(self) -> str:
        return self.url.removeprefix(self.base_url)

    def streaming(self, wanted: bool) -> Self:
        """The same request, asking for a stream or for a whole answer. One that does so already stays as it is."""
        if wanted == self.streams:
            return self
        asked = {name: value for name, value in self.body.items() if name not in ("stream", "stream_options")}
        return replace(self, body=asked | {"stream": True} if wanted else asked)


def key_variable(dialect: str, provider: str) -> str:
    """The environment variable under which people keep the key of this provider."""
    if dialect == "aimlapi":
        return "AIML_API_KEY"
    name = re.sub(r"[^A-Z0-9]+", "_", provider.upper()).strip("_").removesuffix("_API")
    return f"{name}_API_KEY" if name and not name[0].isdigit() else "API_KEY"
