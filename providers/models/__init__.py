"""Which models there are, and where they are spoken to."""

from providers.models.language_model import LanguageModel
from providers.models.provider import Provider

__all__ = ["LanguageModel", "Provider"]
