from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import SignInAttempt, User

URL = "/accounts/login/"
SIGNED_IN = 302


def sign_in(client: Client, password: str = "wrong", email: str = "alice@example.org", **meta: Any) -> Any:
    return client.post(URL, {"username": email, "password": password}, **meta)


def wrong_tries(client: Client, count: int, **meta: Any) -> list[int]:
    return [sign_in(client, **meta).status_code for _ in range(count)]


def test_a_person_signs_in_with_e_mail_and_password(as_nobody: Client, alice: User) -> None:
    assert sign_in(as_nobody, "alice-password", "Alice@Example.ORG").status_code == SIGNED_IN
    assert as_nobody.session["_auth_user_id"] == str(alice.pk)


def test_the_page_says_how_to_get_in_without_a_password(as_nobody: Client) -> None:
    assert "python3 manage.py signin_link" in as_nobody.get(URL).content.decode()


def test_a_person_goes_on_to_where_they_wanted_to_go(as_nobody: Client, alice: User) -> None:
    wanted = {"username": alice.email, "password": "alice-password", "next": "/settings/keys/"}
    assert as_nobody.post(URL, wanted)["Location"] == "/settings/keys/"


def test_nobody_is_sent_to_another_site(as_nobody: Client, alice: User) -> None:
    wanted = {"username": alice.email, "password": "alice-password", "next": "https://evil.example/"}
    assert as_nobody.post(URL, wanted)["Location"] == "/"


def test_a_wrong_password_is_refused_and_the_address_kept(as_nobody: Client, alice: User) -> None:
    answer = sign_in(as_nobody, "hunter2-not-hers")
    assert answer.status_code == 422
    assert "alice@example.org" in answer.content.decode()
    assert "hunter2-not-hers" not in answer.content.decode()


@pytest.mark.parametrize("reason", ["unknown", "no password", "shut out"])
def test_it_says_the_same_and_works_as_hard_for_whom_there_is_not(
    monkeypatch: pytest.MonkeyPatch, as_nobody: Client, alice: User, bob: User, reason: str
) -> None:
    if reason == "no password":
        bob.set_unusable_password()
    bob.is_active = reason != "shut out"
    bob.save()
    email = "nobody@example.org" if reason == "unknown" else bob.email
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(salt)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    known, known_work = sign_in(as_nobody), len(hashed)
    other, other_work = sign_in(as_nobody, email=email), len(hashed) - known_work
    assert known.context["form"].non_field_errors() == other.context["form"].non_field_errors()
    assert (known.status_code, known_work) == (other.status_code, other_work)


def test_after_ten_wrong_passwords_even_the_right_one_is_refused(as_nobody: Client, alice: User) -> None:
    assert set(wrong_tries(as_nobody, 10)) == {422}
    answer = sign_in(as_nobody, "alice-password")
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert answer["Retry-After"] == "900"


def test_guessing_ten_accounts_is_limited_as_well(as_nobody: Client, alice: User) -> None:
    for number in range(10):
        sign_in(as_nobody, email=f"person{number}@example.org")
    assert sign_in(as_nobody, "alice-password").status_code == 429


def test_a_person_elsewhere_still_gets_in(as_nobody: Client, alice: User) -> None:
    wrong_tries(as_nobody, 11, REMOTE_ADDR="203.0.113.9")
    assert sign_in(as_nobody, "alice-password", REMOTE_ADDR="198.51.100.7").status_code == SIGNED_IN


def test_guessing_one_account_from_many_networks_is_limited(as_nobody: Client, alice: User) -> None:
    statuses = [sign_in(as_nobody, REMOTE_ADDR=f"203.0.113.{number}").status_code for number in range(1, 12)]
    assert statuses == [422] * 10 + [429]


def test_all_addresses_of_one_ipv6_line_are_one(as_nobody: Client, alice: User) -> None:
    statuses = [sign_in(as_nobody, REMOTE_ADDR=f"2001:db8:1:2::{number:x}").status_code for number in range(11)]
    assert statuses[-1] == 429


def test_a_forged_header_does_not_help(as_nobody: Client, alice: User) -> None:
    statuses = [sign_in(as_nobody, HTTP_X_FORWARDED_FOR=f"192.0.2.{number}").status_code for number in range(11)]
    assert statuses[-1] == 429


def test_a_forged_header_does_not_help_behind_a_proxy(settings: Settings, as_nobody: Client, alice: User) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    forged = [f"192.0.2.{number}, 203.0.113.9" for number in range(11)]
    statuses = [sign_in(as_nobody, HTTP_X_FORWARDED_FOR=header).status_code for header in forged]
    assert statuses[-1] == 429
    assert sign_in(as_nobody, "alice-password", HTTP_X_FORWARDED_FOR="198.51.100.7").status_code == SIGNED_IN


def test_the_limit_ends_by_itself(as_nobody: Client, alice: User) -> None:
    wrong_tries(as_nobody, 11)
    SignInAttempt.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert sign_in(as_nobody, "alice-password").status_code == SIGNED_IN
    assert not SignInAttempt.objects.exists()


def test_a_person_who_gets_in_begins_anew(as_nobody: Client, alice: User) -> None:
    wrong_tries(as_nobody, 9)
    sign_in(as_nobody, "alice-password")
    as_nobody.logout()
    assert wrong_tries(as_nobody, 1) == [422]
    assert SignInAttempt.objects.count() == 1


def test_what_was_typed_is_not_stored(as_nobody: Client, alice: User) -> None:
    sign_in(as_nobody, "typed-password", "typed@example.org")
    stored = str(list(SignInAttempt.objects.values()))
    assert "typed" not in stored
    assert "127.0.0.1" not in stored


def test_whoever_is_signed_in_does_not_see_the_form(as_alice: Client) -> None:
    assert as_alice.get(URL)["Location"] == "/"


def test_signing_out_is_a_post(as_alice: Client) -> None:
    assert as_alice.get("/accounts/logout/").status_code == 405
    as_alice.post("/accounts/logout/")
    assert "_auth_user_id" not in as_alice.session
