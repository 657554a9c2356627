"""Two processes that want the same run at the same moment, on the database that has two processes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import User
from providers.models import LanguageModel, Provider
from runs.models import Attempt, Run
from runs.ownership import claim

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RACES = 1_000


def queue(user: User) -> list[int]:
    provider = Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)
    model = LanguageModel.objects.create(provider=provider, model_id="fake/one")
    rows = [Run(user=user, client_token=uuid4().hex, language_model=model, body=b"") for _ in range(RACES)]
    runs = Run.objects.bulk_create(rows)
    Attempt.objects.bulk_create(Attempt(run=run, number=1) for run in runs)
    return [run.pk for run in runs]


def test_a_thousand_races_have_a_thousand_winners(alice: User) -> None:
    runs, start = queue(alice), threading.Barrier(2)

    def claim_all(process: str) -> list[int]:
        claimed = []
        try:
            for run in runs:
                start.wait(30)
                with transaction.atomic():
                    if claim(process, run, sends=True):
                        claimed.append(run)
        finally:
            connection.close()
        return claimed

    with ThreadPoolExecutor(2) as threads:
        one, two = threads.map(claim_all, ["one", "two"])

    assert sorted(one + two) == runs
    # A race that the same one always wins is none.
    assert min(len(one), len(two)) > 0
    owners = dict.fromkeys(one, "one") | dict.fromkeys(two, "two")
    assert dict(Run.objects.values_list("pk", "owner")) == owners
    assert set(Attempt.objects.values_list("state", flat=True)) == {Attempt.State.SENT}
