from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import SignInLink, User


def test_a_link_signs_in(as_nobody: Client, alice: User) -> None:
    answer = as_nobody.get(f"/welcome/{SignInLink.objects.issue(alice)}/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert as_nobody.session["_auth_user_id"] == str(alice.pk)


def test_a_link_works_once(as_nobody: Client, alice: User) -> None:
    url = f"/welcome/{SignInLink.objects.issue(alice)}/"
    as_nobody.get(url)
    again = Client()
    answer = again.get(url)
    assert answer.status_code == 410
    assert "signin_link" in answer.content.decode()
    assert "_auth_user_id" not in again.session


def test_an_old_link_does_not_work(as_nobody: Client, alice: User) -> None:
    token = SignInLink.objects.issue(alice)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert as_nobody.get(f"/welcome/{token}/").status_code == 410


def test_an_invented_link_does_not_work(as_nobody: Client) -> None:
    assert as_nobody.get("/welcome/invented/").status_code == 410


def test_the_link_of_a_person_who_was_shut_out_does_not_work(as_nobody: Client, alice: User) -> None:
    token = SignInLink.objects.issue(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert as_nobody.get(f"/welcome/{token}/").status_code == 410


def test_looking_at_a_link_does_not_use_it_up(as_nobody: Client, alice: User) -> None:
    url = f"/welcome/{SignInLink.objects.issue(alice)}/"
    assert as_nobody.head(url).status_code == 405
    assert as_nobody.post(url).status_code == 405
    assert as_nobody.get(url).status_code == 302


def test_whoever_is_signed_in_already_may_go_on(as_alice: Client) -> None:
    answer = as_alice.get("/welcome/used/")
    assert answer.status_code == 410
    assert "signed in already" in answer.content.decode()


def test_the_session_is_a_new_one(as_nobody: Client, alice: User) -> None:
    planted = as_nobody.session
    planted["before"] = True
    planted.save()
    as_nobody.cookies["session"] = planted.session_key or ""
    as_nobody.get(f"/welcome/{SignInLink.objects.issue(alice)}/")
    assert as_nobody.session.session_key != planted.session_key


def test_the_token_is_not_passed_on_nor_kept(as_nobody: Client, alice: User) -> None:
    answer = as_nobody.get(f"/welcome/{SignInLink.objects.issue(alice)}/")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
