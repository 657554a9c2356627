"""Models that no list knows, taken over as a person wrote them: the provider says whether they exist."""

from django.db.models import Q

from accounts.models import User
from providers.models import LanguageModel, ModelChange, Provider
from providers.models.finding import LanguageModelQuerySet

# Models that one person may enter at one provider: far more than anybody needs, few enough to look through.
MOST_ENTERED = 200
# Place in the picker's order: behind all that a list knows.
RANK = 80
LONGEST_ID = 200


def enter(user: User, model_id: str, provider_pk: int) -> LanguageModel | None:
    """The model of this id at this provider, new to the catalogue if need be; None where it cannot be entered."""
    provider = Provider.objects.visible_to(user).filter(pk=provider_pk).first()
    model_id = model_id.replace("\x00", "").strip()
    if provider is None or not model_id or len(model_id) > LONGEST_ID or not model_id.isprintable():
        return None
    known = provider.models.filter(model_id=model_id).first()
    if known is None and provider.models.filter(entered_by=user).count() < MOST_ENTERED:
        known = _entered(user, model_id, provider)
    return known


def places_for(user: User, model_id: str) -> list[Provider]:
    """The providers at which this person may use an id that no list knows; none where it cannot be an id."""
    if not model_id or len(model_id) > LONGEST_ID or not model_id.isprintable():
        return []
    # The demo is all there is of itself.
    return list(Provider.objects.visible_to(user).exclude(slug="demo").order_by("name", "pk"))


def removable_by(user: User) -> LanguageModelQuerySet:
    """Entered models that the person may take out again: their own, and those at providers they keep."""
    entered = LanguageModel.objects.visible_to(user).filter(is_entered=True)
    return entered.filter(Q(entered_by=user) | Q(pk__in=LanguageModel.objects.kept_by(user)))


def _entered(user: User, model_id: str, provider: Provider) -> LanguageModel:
    row = LanguageModel(provider=provider, model_id=model_id, rank=RANK, is_entered=True, entered_by=user)
    row.learn({})
    # Two people may enter it at the same moment: it is one model.
    LanguageModel.objects.bulk_create([row], ignore_conflicts=True)
    entered = provider.models.get(model_id=model_id)
    ModelChange.objects.create(language_model=entered, kind=ModelChange.Kind.ENTERED)
    return entered
