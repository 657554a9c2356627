"""What looks at runs again and again must not look at all there ever were."""

from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from runs import metrics, ownership
from runs.models import Run
from runs.sweeper import Sweeper
from tests.plans import captured_plans, reads_a_whole_table

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the tables")
@pytest.mark.parametrize(
    "look",
    [
        Sweeper().look,
        ownership.forgotten,
        metrics.look_at_database,
        lambda: Run.objects.under_way().filter(user=1).count(),
    ],
    ids=["the sweeper", "the heartbeat", "the metrics", "the limit for each person"],
)
def test_what_is_under_way_is_found_without_reading_all_runs(look: Callable[[], object]) -> None:
    with captured_plans() as steps:
        look()
    assert any("INDEX runs_under_way (state=?" in step for step in steps)
    assert not [step for step in steps if reads_a_whole_table(step)]


def test_only_what_has_not_ended_is_under_way(alice: User) -> None:
    Run.objects.bulk_create(Run(user=alice, client_token=state, state=state, body=b"") for state in Run.State.values)
    under_way = set(Run.objects.under_way().values_list("state", flat=True))
    assert under_way == set(Run.State.values) - Run.FINAL
