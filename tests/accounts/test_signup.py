import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Membership, User

URL = "/accounts/signup/"
DORA = {
    "email": "Dora@Example.org",
    "name": "Dora",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
}


@pytest.fixture(autouse=True)
def _open(settings: Settings) -> None:
    settings.SIGNUP = "open"


@pytest.mark.parametrize("signup", ["closed", "invite"])
def test_where_sign_up_is_not_open_there_is_no_such_page(settings: Settings, as_nobody: Client, signup: str) -> None:
    settings.SIGNUP = signup
    assert as_nobody.get(URL).status_code == 404
    assert as_nobody.post(URL, DORA).status_code == 404
    assert URL not in as_nobody.get("/accounts/login/").content.decode()


def test_a_new_person_is_signed_in_and_has_a_team_of_their_own(as_nobody: Client) -> None:
    assert URL in as_nobody.get("/accounts/login/").content.decode()
    assert as_nobody.post(URL, DORA).status_code == 302
    dora = User.objects.get(email="dora@example.org")
    assert as_nobody.session["_auth_user_id"] == str(dora.pk)
    assert Membership.objects.get(user=dora).team.personal_owner == dora
    assert not dora.is_operator


def test_an_address_is_taken_once(as_nobody: Client, alice: User) -> None:
    answer = as_nobody.post(URL, {**DORA, "email": "ALICE@example.org"})
    assert answer.status_code == 422
    assert "is here already" in answer.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"password2": "another password"},
        {"password1": "dora", "password2": "dora"},
        {"email": ""},
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(as_nobody: Client, wrong: dict[str, str]) -> None:
    answer = as_nobody.post(URL, {**DORA, **wrong})
    assert answer.status_code == 422
    assert 'value="Dora"' in answer.content.decode()
    assert not User.objects.exists()
