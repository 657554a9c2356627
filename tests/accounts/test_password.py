from django.test import Client

from accounts.models import User

URL = "/accounts/password/"
FRESH = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


def test_a_person_who_came_by_link_sets_a_password(as_alice: Client, alice: User) -> None:
    alice.set_unusable_password()
    alice.save()
    as_alice.force_login(alice)
    assert "have no password yet" in as_alice.get(URL).content.decode()
    assert as_alice.post(URL, FRESH).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("correct horse battery")


def test_changing_a_password_takes_the_old_one(as_alice: Client, alice: User) -> None:
    assert as_alice.post(URL, {**FRESH, "old_password": "alice-password"}).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("correct horse battery")


def test_without_the_old_password_nothing_changes(as_alice: Client, alice: User) -> None:
    answer = as_alice.post(URL, {**FRESH, "old_password": "guess"})
    assert answer.status_code == 422
    assert "correct horse battery" not in answer.content.decode()
    alice.refresh_from_db()
    assert alice.check_password("alice-password")


def test_a_weak_password_is_refused(as_alice: Client) -> None:
    weak = {"old_password": "alice-password", "new_password1": "password", "new_password2": "password"}
    assert as_alice.post(URL, weak).status_code == 422
    assert as_alice.post(URL, {}).status_code == 422


def test_other_browsers_are_signed_out(as_alice: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    as_alice.post(URL, {**FRESH, "old_password": "alice-password"})
    assert as_alice.get(URL).status_code == 200
    assert elsewhere.get(URL).status_code == 302


def test_a_stranger_has_to_sign_in(as_nobody: Client) -> None:
    assert as_nobody.get(URL)["Location"] == f"/accounts/login/?next={URL}"
