"""Which models there are: those that come with the product, and those a provider lists.

The package knows what a model takes, the provider which models exist now. So what the package says of a model stays, a
provider's list adds models and what the package left open, and a model that is no longer listed is deprecated, never
deleted: runs and conversations point to it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.secret import Secret
from database.statements import Select
from providers import client
from providers.aliases import grouped
from providers.demo.answers import ANSWERS as DEMO_ANSWERS
from providers.demo.models import MODELS as DEMO_MODELS
from providers.errors import EgressBlocked, NotSent, ProviderError
from providers.listing import Facts, facts_by_id
from providers.merging import store
from providers.models import LanguageModel, Provider
from providers.models.finding import LanguageModelQuerySet

DATA = Path(__file__).parent / "data" / "models.json"
PACKAGED: dict[str, dict[str, Any]] = {
    "demo": {"name": "Demo", "base_url": "https://demo.invalid/v1", "dialect_name": "aimlapi", "needs_key": False},
    "aimlapi": {"name": "AI/ML API", "base_url": "https://api.aimlapi.com/v1", "dialect_name": "aimlapi"},
}
# Places in the picker's order, beside the default of 50: the demo models, which always work, then what is documented;
# last the demo models that fail on purpose.
DEMO_RANK, DOCUMENTED_RANK, FAILING_RANK = 10, 20, 90
# Models that the picker offers at once: more than a person reads, few enough to answer at every key press.
OFFERED = 50


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a provider's list changed: models in it, those not known before, and those no longer in it."""

    found: int
    new: int
    gone: int


def sync_packaged() -> None:
    """Bring the packaged providers and their models up to date.

    Writes only what differs, so that every start can do it. A packaged provider that exists is left as it is: its
    address may have been changed by the operator. So is a model's status once the provider itself was asked.
    """
    for slug, settings in PACKAGED.items():
        provider, _ = Provider.objects.get_or_create(slug=slug, defaults=settings)
        store(provider, _packaged(provider), decides_status=not provider.models_refreshed_at)


async def refresh(provider: Provider, key: Secret | None) -> Refreshed:
    """Ask the provider which models it has now, and remember. Raises `ProviderError`."""
    listed = await _listed(provider, key)
    return await sync_to_async(_remember)(provider, listed)


def find(user: User, query: str) -> list[LanguageModel]:
    """What the picker offers this person for these words, the best first, with their providers and prices."""
    visible = LanguageModel.objects.visible_to(user).known_to(user).select_related("provider").with_prices()
    return list(visible.containing(query).familiar_first(query)[:OFFERED])


def resolve(user: User, written: str, chosen_id: int | None) -> LanguageModel | None:
    """The model that the Model field means: the chosen one unless something else was written since, else the one of
    that id, else of that alias. What can be run comes before what is gone, the person's own providers before the
    packaged ones.
    """
    written = written.replace("\x00", "").strip()
    chosen = _CHOSEN.first(user=user.pk, chosen=chosen_id) if chosen_id else None
    if chosen and written not in {chosen.model_id, chosen.name}:
        chosen = None
    if not written or (chosen and chosen.is_runnable):
        return chosen
    exact = [*filter(None, [chosen]), *_WRITTEN.all(user=user.pk, written=written)]
    others: Iterable[LanguageModel] = [] if _runnable(exact) else _own_first(user).containing(written)
    aliased = [model for model in others if written in model.aliases]
    return _runnable(exact) or _runnable(aliased) or next(iter([*exact, *aliased]), None)


def _visible(user: User) -> LanguageModelQuerySet:
    return LanguageModel.objects.visible_to(user).select_related("provider")


def _own_first(user: User) -> LanguageModelQuerySet:
    return _visible(user).order_by(F("provider__slug").asc(nulls_first=True), "pk")


_CHOSEN = Select(lambda user, chosen: _visible(user).filter(pk=chosen))
_WRITTEN = Select(lambda user, written: _own_first(user).filter(model_id=written))


def _runnable(models: list[LanguageModel]) -> LanguageModel | None:
    return next((model for model in models if model.is_runnable), None)


def _packaged(provider: Provider) -> dict[str, Facts]:
    """What the package says of this provider's models, by id."""
    if provider.slug == "demo":
        listed = facts_by_id(provider.dialect.read_model_list(json.dumps(DEMO_MODELS).encode()))
        return {item["id"]: listed[item["id"]] | _facts_of_demo(item) for item in DEMO_MODELS}
    if provider.slug == "aimlapi":
        return {item["id"]: _facts_of_packaged(item) for item in json.loads(DATA.read_text())}
    return {}


def _facts_of_demo(item: Mapping[str, Any]) -> Facts:
    """What the demo's list does not say, as no provider's list does."""
    rank = DEMO_RANK if item["id"] in DEMO_ANSWERS else FAILING_RANK
    return {"rank": rank} | {field: item[field] for field in ("parameters", "roles", "input_parts")}


def _facts_of_packaged(item: Mapping[str, Any]) -> Facts:
    rank = {"rank": DOCUMENTED_RANK} if item.get("documented") else {}
    return rank | {field: item[field] for field in LanguageModel.FACTS if field in item}


async def _listed(provider: Provider, key: Secret | None) -> dict[str, Facts]:
    """The provider's list, from the first of its addresses that has one."""
    dialect = provider.dialect
    failure: ProviderError | None = None
    for url in dialect.model_list_urls(provider.base_url):
        try:
            return facts_by_id(dialect.read_model_list(await client.fetch(url, dialect, key)))
        except (EgressBlocked, NotSent):
            # The other addresses are on the same host.
            raise
        except ProviderError as error:
            failure = failure or error
    raise failure or ProviderError("not_an_api")


def _remember(provider: Provider, listed: Mapping[str, Facts]) -> Refreshed:
    packaged = _packaged(provider)
    known = set(provider.models.values_list("model_id", flat=True))
    models = grouped(listed, {model_id: said.get("aliases", ()) for model_id, said in packaged.items()}, known)
    spelled = {_plain(name): name for said in packaged.values() if (name := said.get("developer"))}
    facts = {model_id: _laid_over(said, packaged.get(model_id, {}), spelled) for model_id, said in models.items()}
    # An empty list is no reason to take every model from everybody.
    new, gone = store(provider, facts, decides_status=bool(facts))
    provider.models_refreshed_at = timezone.now()
    provider.save(update_fields=["models_refreshed_at"])
    return Refreshed(found=len(facts), new=new, gone=gone)


def _laid_over(said: Facts, packaged: Facts, spelled: Mapping[str, str]) -> Facts:
    """What the list says of a model, under what the package knows of it; one spelling of a developer is enough."""
    developer = said.get("developer", "")
    known = packaged | ({"aliases": said["aliases"]} if "aliases" in said else {})
    one_spelling = {"developer": spelled.get(_plain(developer), developer)} if developer else {}
    return said | one_spelling | known | {"status": LanguageModel.Status.AVAILABLE}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
