import pickle
from dataclasses import replace

import pytest

from accounts.secret import Secret
from accounts.vault import Place, UnreadableKey, Vault
from tests.data_keys import fresh

CANARY = "sk-CANARY-7f3a91c2"
PLACE = Place(owner=1, credential_id="c1", host="https://api.example.com:443")
OLD, NEW = fresh("old"), fresh("new")


@pytest.fixture
def vault() -> Vault:
    return Vault([OLD])


def test_what_was_sealed_opens_at_its_place(vault: Vault) -> None:
    assert vault.open(vault.seal(Secret(CANARY), PLACE), PLACE).reveal() == CANARY


def test_a_sealed_secret_shows_nothing_of_itself(vault: Vault) -> None:
    assert "CANARY" not in vault.seal(Secret(CANARY), PLACE)


def test_the_same_secret_is_never_sealed_to_the_same_text(vault: Vault) -> None:
    assert vault.seal(Secret(CANARY), PLACE) != vault.seal(Secret(CANARY), PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [replace(PLACE, owner=2), replace(PLACE, credential_id="c2"), replace(PLACE, host="https://evil.example:443")],
    ids=["another person", "another row", "another host"],
)
def test_a_moved_secret_does_not_open(vault: Vault, elsewhere: Place) -> None:
    sealed = vault.seal(Secret(CANARY), PLACE)
    with pytest.raises(UnreadableKey):
        vault.open(sealed, elsewhere)


def test_a_secret_changed_at_any_place_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(Secret(CANARY), PLACE)
    # Not the last characters: the bits that base64 pads with mean nothing.
    for position in range(len(sealed) - 4):
        changed = sealed[:position] + ("A" if sealed[position] != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(UnreadableKey):
            vault.open(changed, PLACE)


@pytest.mark.parametrize("garbage", ["", "v1", "v1:old", "v1:old:", "v1:old:é", "v2:old:abc", "plain text"])
def test_garbage_does_not_open(vault: Vault, garbage: str) -> None:
    with pytest.raises(UnreadableKey):
        vault.open(garbage, PLACE)


def test_a_secret_outlives_a_new_first_data_key_and_not_the_loss_of_its_own(vault: Vault) -> None:
    sealed = vault.seal(Secret(CANARY), PLACE)
    assert Vault([NEW, OLD]).open(sealed, PLACE).reveal() == CANARY
    with pytest.raises(UnreadableKey) as caught:
        Vault([NEW]).open(sealed, PLACE)
    assert "CANARY" not in str(caught.value)


def test_the_first_data_key_writes() -> None:
    both = Vault([NEW, OLD])
    assert Vault.key_id_of(both.seal(Secret(CANARY), PLACE)) == "new"


def test_a_fingerprint_tells_secrets_apart_and_says_nothing_about_them(vault: Vault) -> None:
    fingerprint = vault.fingerprint(Secret(CANARY))
    assert fingerprint == vault.fingerprint(Secret(CANARY))
    assert fingerprint != vault.fingerprint(Secret(CANARY + "x"))
    assert fingerprint != Vault([NEW]).fingerprint(Secret(CANARY))


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(CANARY)
    assert "CANARY" not in f"{secret} {secret!r} {[secret]} {secret:}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_the_last_four_characters_are_shown_only_of_a_long_secret() -> None:
    assert Secret(CANARY).last_four == "91c2"
    assert Secret("short").last_four == ""
