"""Lays what a package or a list says over the rows of a provider, and writes down what became different."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db import transaction

from providers.differences import differences
from providers.listing import Facts
from providers.models import LanguageModel, ModelChange, Provider

Kind = ModelChange.Kind
DEPRECATED = LanguageModel.Status.DEPRECATED


@transaction.atomic
def store(provider: Provider, facts: Mapping[str, Facts], *, decides_status: bool) -> tuple[int, int]:
    """Create and update these models, and say how many are new and how many are gone.

    With `decides_status` the facts are all there is: a model that is not among them is deprecated, unless a person
    entered it. Without it, models that were known keep their status and their other ids.
    """
    # Two servers may start at the same moment: the second one finds what the first one wrote, and tells nothing twice.
    list(Provider.objects.select_for_update().filter(pk=provider.pk).values_list("pk"))
    rows = {row.model_id: row for row in provider.models.all()}
    new = _new(provider, facts, rows)
    kept: Facts = {} if decides_status else {"status": "", "aliases": ()}
    changed, changes = _learn([row for row in rows.values() if row.model_id in facts], facts, kept)
    gone = [row for row in rows.values() if decides_status and _is_gone(row, facts)]
    LanguageModel.objects.bulk_create(new, ignore_conflicts=True)
    LanguageModel.objects.bulk_update(changed, [*LanguageModel.FACTS, "is_entered"], batch_size=100)
    provider.models.filter(pk__in=[row.pk for row in gone]).update(status=DEPRECATED)
    # Where nothing was known before, nothing has changed.
    if rows:
        changes += [*_appeared(provider, new), *_gone(gone, facts)]
        ModelChange.objects.bulk_create(changes, batch_size=500)
    return len(new), len(gone)


def _new(provider: Provider, facts: Mapping[str, Facts], rows: Collection[str]) -> list[LanguageModel]:
    new = [LanguageModel(provider=provider, model_id=model_id) for model_id in facts if model_id not in rows]
    for row in new:
        row.learn(facts[row.model_id])
    return new


def _learn(
    rows: Iterable[LanguageModel], facts: Mapping[str, Facts], kept: Facts
) -> tuple[list[LanguageModel], list[ModelChange]]:
    """The rows to be written, and what became different."""
    changed: list[LanguageModel] = []
    changes: list[ModelChange] = []
    for row in rows:
        before = row.facts()
        is_confirmed = row.is_entered and not kept
        if row.learn(facts[row.model_id] | kept) or is_confirmed:
            row.is_entered = row.is_entered and not is_confirmed
            changed.append(row)
            changes += _differences(row, before)
    return changed, changes


def _differences(row: LanguageModel, before: Mapping[str, Any]) -> Iterator[ModelChange]:
    if before["status"] == DEPRECATED and not row.is_deprecated:
        yield ModelChange(language_model=row, kind=Kind.BACK)
    for difference in differences(before, row.facts()):
        yield ModelChange(
            language_model=row,
            kind=Kind.CHANGED,
            field=difference.field,
            before=difference.before,
            after=difference.after,
        )


def _is_gone(row: LanguageModel, facts: Mapping[str, Facts]) -> bool:
    return row.model_id not in facts and not row.is_deprecated and not row.is_entered


def _appeared(provider: Provider, new: Iterable[LanguageModel]) -> Iterator[ModelChange]:
    """Looked up by their ids, since a row that may have been there before comes back without its key."""
    for row in provider.models.filter(model_id__in=[row.model_id for row in new]):
        yield ModelChange(language_model=row, kind=Kind.APPEARED)


def _gone(gone: Iterable[LanguageModel], facts: Mapping[str, Facts]) -> Iterator[ModelChange]:
    mains = {alias: model_id for model_id, said in facts.items() for alias in said.get("aliases", ())}
    for row in gone:
        main = mains.get(row.model_id, "")
        yield ModelChange(language_model=row, kind=Kind.MERGED if main else Kind.GONE, after=main)
