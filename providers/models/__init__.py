"""Which models there are, what they cost, and where they are spoken to."""

from providers.models.change import ModelChange
from providers.models.familiar import Familiar
from providers.models.language_model import LanguageModel
from providers.models.price import Price
from providers.models.provider import Provider

__all__ = ["Familiar", "LanguageModel", "ModelChange", "Price", "Provider"]
