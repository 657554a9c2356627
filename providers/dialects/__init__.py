"""How providers are spoken to: a file a dialect, each a `Dialect`. Pure: no Django, no I/O."""

from providers.dialects.aimlapi import AimlApi
from providers.dialects.base import Dialect, StreamReader
from providers.dialects.openai import OpenAI

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (OpenAI(), AimlApi())}

__all__ = ["DIALECTS", "Dialect", "StreamReader"]
