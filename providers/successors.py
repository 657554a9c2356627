"""Looks up what to use instead of models that are gone, among what a person may use."""

from collections.abc import Sequence

from accounts.models import User
from providers.models import LanguageModel
from providers.succession import Known, successors


def successor_of(user: User, gone: LanguageModel) -> LanguageModel | None:
    """The model proposed in the place of this one; None where it is offered still, or none of its family is."""
    beside(user, [gone])
    return gone.successor


def beside(user: User, models: Sequence[LanguageModel]) -> Sequence[LanguageModel]:
    """The same models, those that are gone with their `successor`; two queries however many they are."""
    gone = [model for model in models if model.is_deprecated and model.type == "chat"]
    if gone:
        offered = LanguageModel.objects.visible_to(user).runnable()
        columns = ("pk", "model_id", "developer", "provider_id", "traits", "aliases")
        candidates = [
            Known(pk, model_id, developer, provider_id, frozenset(traits.split()), tuple(aliases))
            for pk, model_id, developer, provider_id, traits, aliases in offered.values_list(*columns)
        ]
        found = successors([model.known for model in gone], candidates)
        heirs = offered.select_related("provider").in_bulk({heir.pk for heir in found.values()})
        for model in gone:
            model.successor = heirs.get(found[model.pk].pk) if model.pk in found else None
    return models
