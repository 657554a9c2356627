"""Whether a model takes what a message carries, in sentences."""

from collections.abc import Iterable

from chat.parts import WORDS, Part, in_words
from providers.models import LanguageModel

# Dialects in which a file is sent, and not pointed to.
WITHOUT_FILE_LINKS = ("openai", "aimlapi")


def misfit(model: LanguageModel, kinds: Iterable[str]) -> str:
    """What of this the model is known not to take; empty where there is nothing."""
    refused = [kind for kind in set(kinds) if model.takes(kind) is False]
    return f"{model.model_id} takes no {in_words(refused)}." if refused else ""


def advice(model: LanguageModel, kinds: Iterable[str]) -> str:
    """What of this nobody knows the model to take."""
    unknown = [kind for kind in set(kinds) if model.takes(kind) is None]
    if not unknown:
        return ""
    return f"Nobody here knows whether {model.model_id} takes {in_words(unknown)}; if it does not, it refuses."


def note(model: LanguageModel | None, kinds: set[str]) -> str:
    """What a person should know before sending this."""
    return (misfit(model, kinds) or advice(model, kinds)) if model else ""


def taken(model: LanguageModel) -> str:
    """What the model is known to take beside text."""
    return in_words(kind for kind in WORDS if model.takes(kind))


def misfit_of_link(model: LanguageModel, parts: Iterable[Part]) -> str:
    """Why a link among these cannot be sent to the model's provider."""
    if model.provider.dialect_name in WITHOUT_FILE_LINKS and any(part.url and part.kind == "file" for part in parts):
        return f"{model.provider.name} opens no links to files."
    return ""
