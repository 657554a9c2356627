import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from playground.env import EnvError
from playground.keyfile import parse, read_or_make_data_keys, read_or_make_secret, refuse_known_examples


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"

    assert read_or_make_secret(path) == read_or_make_secret(path)


def test_only_the_owner_of_the_server_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    read_or_make_secret(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_those_who_come_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        secrets = set(threads.map(read_or_make_secret, [tmp_path / "secret_key"] * 8))

    assert len(secrets) == 1


def test_a_data_key_is_a_fernet_key_with_a_name(tmp_path: Path) -> None:
    [(key_id, key)] = read_or_make_data_keys(tmp_path / "data_keys")

    assert key_id
    assert Fernet(key)


@pytest.mark.parametrize("written", ["no-colon", ":AAAA", "id:short", "id:not base64!"])
def test_what_is_not_a_data_key_is_refused(written: str) -> None:
    with pytest.raises(EnvError, match="takes key_id:fernet_key"):
        parse([written])


@pytest.mark.parametrize("secret", ["change-me", "a" * 31])
def test_a_secret_that_others_may_know_is_refused(secret: str) -> None:
    with pytest.raises(EnvError, match="SECRET_KEY"):
        refuse_known_examples(secret, [])


def test_a_data_key_that_is_not_random_is_refused() -> None:
    zeros = base64.urlsafe_b64encode(bytes(32)).decode()

    with pytest.raises(EnvError, match="is not random"):
        refuse_known_examples("a" * 32, [("first", zeros)])
