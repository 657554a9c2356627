import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import SignInLink, User
from providers.catalogue import sync_packaged
from providers.models import LanguageModel

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

THREADS = 8


def at_once(act: object) -> list[object]:
    """What comes out when this many threads do it at the same moment, each with a connection of its own."""
    barrier = threading.Barrier(THREADS)

    def run(_: int) -> object:
        barrier.wait()
        try:
            return act()  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


def test_a_link_signs_in_once_however_many_try_it_at_once(alice: User) -> None:
    token = SignInLink.objects.issue(alice)

    people = at_once(lambda: SignInLink.objects.redeem(token))

    assert [person for person in people if person] == [alice]


def test_servers_that_start_together_make_one_catalogue() -> None:
    at_once(sync_packaged)

    ids = LanguageModel.objects.values_list("provider__slug", "model_id")
    assert len(ids) == len(set(ids))


def test_connections_come_from_a_pool_and_go_back_to_it(alice: User) -> None:
    at_once(lambda: User.objects.count())

    assert connection.pool.get_stats()["pool_size"] <= 16  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_process_that_freezes_in_a_transaction_does_not_keep_its_locks() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("10s",)
