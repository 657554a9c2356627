"""How providers are spoken to: a file or a folder a dialect, each a `Dialect`. Pure: no Django, no I/O."""

from providers.dialects.aimlapi import AimlApi
from providers.dialects.anthropic import Anthropic
from providers.dialects.base import Dialect, StreamReader
from providers.dialects.openai import OpenAI
from providers.dialects.responses import Responses

# In the order in which a person is offered them.
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (OpenAI(), AimlApi(), Anthropic(), Responses())}

__all__ = ["DIALECTS", "Dialect", "StreamReader"]
