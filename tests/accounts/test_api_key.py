import pytest

from accounts.models import ApiKey, UnreadableKey, User
from accounts.secret import Secret
from tests.data_keys import data_keys, fresh

ORIGIN = "https://api.example.com:443"
CANARY = "sk-CANARY-7f3a91c2"


@pytest.fixture
def key(alice: User) -> ApiKey:
    return ApiKey.objects.store(alice, ORIGIN, Secret(CANARY))


def test_a_stored_key_can_be_used(key: ApiKey) -> None:
    assert ApiKey.objects.get(pk=key.pk).open().reveal() == CANARY


def test_a_new_key_takes_the_place_of_the_old_one(key: ApiKey, alice: User) -> None:
    key.record_check(ApiKey.Check.ACCEPTED)
    ApiKey.objects.store(alice, ORIGIN, Secret("sk-another-key-0000"))
    (only,) = ApiKey.objects.of(alice)
    assert only.open().reveal() == "sk-another-key-0000"
    assert (only.check_state, only.checked_at) == (ApiKey.Check.UNTRIED, None)


def test_a_person_has_only_their_own_keys(key: ApiKey, bob: User) -> None:
    assert not ApiKey.objects.of(bob).exists()


def test_a_key_copied_into_another_persons_row_does_not_open(key: ApiKey, bob: User) -> None:
    his = ApiKey.objects.store(bob, ORIGIN, Secret("sk-bob-has-his-own"))
    ApiKey.objects.filter(pk=his.pk).update(sealed=key.sealed, credential_id=key.credential_id)
    his.refresh_from_db()
    with pytest.raises(UnreadableKey):
        his.open()


def test_a_key_whose_origin_is_changed_in_the_database_does_not_open(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).update(origin="https://evil.example:443")
    key.refresh_from_db()
    assert not key.is_readable


def test_without_its_data_key_it_is_not_readable(key: ApiKey) -> None:
    with data_keys(fresh("other")):
        assert not key.is_readable
    assert key.is_readable


def test_what_a_provider_said_about_a_replaced_key_is_not_kept(key: ApiKey, alice: User) -> None:
    ApiKey.objects.store(alice, ORIGIN, Secret("sk-another-key-0000"))
    assert not key.record_check(ApiKey.Check.REJECTED)
    assert ApiKey.objects.get(pk=key.pk).check_state == ApiKey.Check.UNTRIED


def test_a_key_does_not_show_itself(key: ApiKey) -> None:
    assert "CANARY" not in f"{key} {key!r} {vars(key)}"
