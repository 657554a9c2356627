"""Who a request is from: the session and the person, read by plain queries."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Team, User
from accounts.session_store import SessionStore
from accounts.sessions import person_of


def key_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_session_holds_what_django_would_read(as_alice: Client) -> None:
    key = key_of(as_alice)
    assert SessionStore(key).load() == db.SessionStore(key).load() != {}


def test_a_session_that_has_expired_holds_nothing(as_alice: Client) -> None:
    key = key_of(as_alice)
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    session = SessionStore(key)
    assert list(session.keys()) == []
    assert session.session_key is None
    assert person_of(key) is None
    assert as_alice.get("/settings/keys/").status_code == 302


def test_a_session_that_was_ended_elsewhere_holds_nothing(as_alice: Client) -> None:
    Session.objects.all().delete()
    assert as_alice.get("/settings/keys/").status_code == 302


def test_a_session_that_was_tampered_with_holds_nothing(as_alice: Client) -> None:
    key = key_of(as_alice)
    Session.objects.filter(session_key=key).update(session_data="e30:forged")
    assert SessionStore(key).load() == {}
    assert person_of(key) is None


def test_a_person_is_the_same_by_number_as_by_any_other_word(alice: User) -> None:
    by_number, by_email = User.objects.get(pk=alice.pk), User.objects.get(email=alice.email)
    fields = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(by_number, name) for name in fields] == [getattr(by_email, name) for name in fields]


def test_nobody_has_a_number_that_is_not_given(db: None) -> None:
    with pytest.raises(User.DoesNotExist):
        User.objects.get(pk=999_999)


def test_a_team_knows_its_members_alone_by_their_number(team: Team, bob: User, charlie: User) -> None:
    assert team.members.get(pk=bob.pk) == bob
    with pytest.raises(User.DoesNotExist):
        team.members.get(pk=charlie.pk)


def test_whoever_may_not_sign_in_any_more_is_nobody(as_alice: Client, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert person_of(key_of(as_alice)) is None
    assert as_alice.get("/settings/keys/").status_code == 302
