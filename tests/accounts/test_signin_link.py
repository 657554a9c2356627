from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import SignInLink, User

pytestmark = pytest.mark.django_db


def link(*arguments: str) -> str:
    out = StringIO()
    call_command("signin_link", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_link_signs_its_person_in(settings: Settings, alice: User, as_nobody: Client) -> None:
    settings.BASE_URL = "https://playground.example.org"
    url = link("Alice@Example.org")
    assert url.startswith("https://playground.example.org/welcome/")
    as_nobody.get(url.removeprefix("https://playground.example.org"))
    assert as_nobody.session["_auth_user_id"] == str(alice.pk)


def test_without_an_address_it_is_for_the_first_operator(alice: User) -> None:
    operator = User.objects.create_user("owner@localhost", is_operator=True)
    User.objects.create_user("second@localhost", is_operator=True)
    link()
    assert SignInLink.objects.get().user == operator


@pytest.mark.parametrize("arguments", [["nobody@example.org"], []], ids=["unknown", "no operator"])
def test_nobody_to_sign_in_is_said_in_one_line(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        link(*arguments)
    assert len(str(caught.value).splitlines()) == 1


def test_a_person_who_was_shut_out_gets_no_link(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError):
        link(alice.email)
