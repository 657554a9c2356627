"""Makes a conversation of a request that was written elsewhere, ready to be sent."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from accounts.models import User
from chat.keeping import keep
from chat.models import Conversation
from chat.opening import Opening
from chat.parts import Part
from chat.written import Written
from providers.catalogue import resolve
from providers.models import LanguageModel, Provider
from providers.parameters import Moved, take
from runs.models.attachment import RefusedFileError

# Where somebody begins who has not chosen a model yet.
FIRST_MODEL = "demo/markdown"


def opened(user: User, opening: Opening, url: str) -> tuple[Conversation, list[str]]:
    """The conversation, and in sentences what of the request it does not hold. `url` is where the request went."""
    model, notes = _model(user, opening.model_id, url)
    taken = take(opening.parameters, model.panel) if model else Moved()
    if model is None and opening.parameters:
        notes.append("Its parameters were left out: without a model nobody knows what can be set.")
    conversation = Conversation.open(
        user,
        language_model=model,
        system_prompt=opening.system_prompt,
        system_role=opening.system_role,
        parameters=taken.written,
        turns=[Written.of(turn, _kept(user, turn.parts, notes)) for turn in opening.turns],
        draft=opening.text,
        draft_parts=_kept(user, opening.parts, notes),
    )
    return conversation, [*notes, *taken.changes, *opening.notes]


def _kept(user: User, parts: Sequence[Mapping[str, Any]], notes: list[str]) -> list[Part]:
    """These parts with their data kept here; what cannot be is noted."""
    kept = []
    for part in parts:
        try:
            kept.append(keep(user, part))
        except RefusedFileError as refused:
            notes.append(f"{refused} It was left out.")
    return kept


def _model(user: User, model_id: str, url: str) -> tuple[LanguageModel | None, list[str]]:
    """The model that is meant: at the provider the request went to, else of that name, else the one last used."""
    there = _at(user, model_id, url)
    if there:
        return there, []
    named = resolve(user, model_id, None)
    if named:
        host = urlsplit(url).hostname or ""
        return named, [f"It went to {host}; here it goes to {named.provider}."] if host else []
    latest = Conversation.objects.of(user).newest_first().select_related("language_model__provider").first()
    other = (latest and latest.language_model) or resolve(user, FIRST_MODEL, None)
    why = f"No provider here has a model called “{model_id[:100]}”." if model_id else "It names no model."
    instead = f"{other.model_id} stands in its place; choose another one above." if other else "Choose one above."
    return other, [f"{why} {instead}"]


def _at(user: User, model_id: str, url: str) -> LanguageModel | None:
    found = LanguageModel.objects.visible_to(user).filter(model_id=model_id).select_related("provider")
    return next((model for model in found if _goes_to(model.provider, url)), None)


def _goes_to(provider: Provider, url: str) -> bool:
    return provider.dialect.completion_url(provider.base_url) == url
