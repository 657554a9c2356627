from collections import Counter
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey, User
from accounts.secret import Secret
from accounts.vault import Vault
from tests.data_keys import data_keys, fresh

OLD, NEW, LOST = fresh("old"), fresh("new"), fresh("lost")


@pytest.fixture(autouse=True)
def _rotating(db: None) -> Iterator[None]:
    """The operator has put a new data key in front of the old one."""
    with data_keys(NEW, OLD):
        yield


def rotate(mode: str) -> str:
    out = StringIO()
    call_command("rotate_keys", mode, stdout=out)
    return out.getvalue()


def sealed_before(user: User, count: int, *keys: tuple[str, str]) -> None:
    with data_keys(*(keys or (OLD,))):
        for number in range(ApiKey.objects.count(), ApiKey.objects.count() + count):
            ApiKey.objects.store(user, f"https://h{number}.example:443", Secret(f"sk-CANARY-{number:08}"))


def key_ids() -> Counter[str]:
    return Counter(Vault.key_id_of(key.sealed) for key in ApiKey.objects.all())


def test_a_thousand_keys_are_sealed_again_and_still_open(alice: User) -> None:
    sealed_before(alice, 1000)
    answer = rotate("--apply")
    assert "1000 API keys re-sealed" in answer
    assert key_ids() == {"new": 1000}
    with data_keys(NEW):
        secrets = [key.open().reveal() for key in ApiKey.objects.order_by("pk")]
    assert secrets == [f"sk-CANARY-{number:08}" for number in range(1000)]


def test_a_dry_run_tells_and_changes_nothing(alice: User) -> None:
    sealed_before(alice, 3)
    before = list(ApiKey.objects.values_list("sealed", flat=True))
    assert "3 API keys would be re-sealed" in rotate("--dry-run")
    assert list(ApiKey.objects.values_list("sealed", flat=True)) == before


def test_the_status_counts_what_each_data_key_has_sealed(alice: User) -> None:
    sealed_before(alice, 2)
    sealed_before(alice, 1, LOST)
    sealed_before(alice, 1, NEW)
    answer = rotate("--status")
    assert "data key old: 2 API keys" in answer
    assert "data key new (the first, writes): 1 API key" in answer
    assert "data key lost (missing: cannot be read): 1 API key" in answer
    assert "3 API keys to re-seal." in answer


def test_a_second_run_goes_on_where_the_first_one_ended(alice: User) -> None:
    sealed_before(alice, 4)
    for key in ApiKey.objects.order_by("pk")[:3]:
        key.reseal()
    assert "1 API key re-sealed" in rotate("--apply")
    assert "0 API keys re-sealed" in rotate("--apply")


def test_a_key_that_cannot_be_read_stays_and_is_counted(alice: User) -> None:
    sealed_before(alice, 1, LOST)
    sealed_before(alice, 1)
    answer = rotate("--apply")
    assert "1 API key re-sealed" in answer
    assert "1 API key left" in answer
    assert key_ids() == {"new": 1, "lost": 1}


def test_a_key_that_is_replaced_meanwhile_is_not_overwritten(alice: User) -> None:
    sealed_before(alice, 1)
    seen = ApiKey.objects.get()
    ApiKey.objects.store(alice, seen.origin, Secret("sk-entered-meanwhile"))
    assert not seen.reseal()
    assert ApiKey.objects.get().open().reveal() == "sk-entered-meanwhile"


def test_data_keys_whose_names_differ_in_case_are_two(alice: User) -> None:
    sealed_before(alice, 1, fresh("NEW"))
    assert ApiKey.objects.to_reseal().count() == 1


def test_a_mode_must_be_chosen() -> None:
    with pytest.raises(CommandError):
        call_command("rotate_keys")


@pytest.mark.parametrize("mode", ["--status", "--dry-run", "--apply"])
def test_no_secret_is_printed(alice: User, mode: str) -> None:
    sealed_before(alice, 2)
    assert "CANARY" not in rotate(mode)
