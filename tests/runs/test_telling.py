"""The e-mail that what ran in the background has ended."""

from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from runs.models import Run
from runs.telling import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(alice: User, queued: Callable[..., Run], settings: Settings) -> Callable[..., Run]:
    """Makes runs that have ended, for somebody who wants e-mails."""
    settings.HAS_MAIL, settings.BASE_URL = True, "https://playground.example.org"
    User.objects.filter(pk=alice.pk).update(wants_email=True)

    def ended(state: str = "done", text: str = "A secret answer") -> Run:
        run = queued("A secret question", in_background=True)
        Run.objects.filter(pk=run.pk).update(state=state, text=text)
        return run

    return ended


def test_it_says_which_model_and_where_and_not_what_was_said(
    ended: Callable[..., Run], alice: User, mailoutbox: list[EmailMessage]
) -> None:
    run = ended()
    tell(run.pk)
    [email] = mailoutbox
    assert (email.to, email.subject) == ([alice.email], "fake/one: done")
    assert f"https://playground.example.org/runs/{run.pk}/" in email.body
    assert "secret" not in email.body


def test_of_several_only_the_last_one_is_told_with_all_of_them(
    ended: Callable[..., Run], mailoutbox: list[EmailMessage]
) -> None:
    first, second = ended("failed"), ended("running")
    tell(first.pk)
    assert mailoutbox == []
    Run.objects.filter(pk=second.pk).update(state="done")
    tell(second.pk)
    [email] = mailoutbox
    assert email.subject == "2 answers have ended"
    assert f"/runs/{first.pk}/" in email.body
    assert f"/runs/{second.pk}/" in email.body


def test_what_was_looked_at_is_not_told(ended: Callable[..., Run], mailoutbox: list[EmailMessage]) -> None:
    run = ended()
    Run.objects.filter(pk=run.pk).mark_seen()
    tell(run.pk)
    assert mailoutbox == []


def test_nobody_gets_any_who_does_not_want_them(
    ended: Callable[..., Run], alice: User, mailoutbox: list[EmailMessage]
) -> None:
    run = ended()
    User.objects.filter(pk=alice.pk).update(wants_email=False)
    tell(run.pk)
    assert mailoutbox == []


def test_a_mail_server_that_refuses_is_no_trouble_of_the_run(
    ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any) -> None:
        raise SMTPException("no such box, and the whole address")

    monkeypatch.setattr("runs.telling.send_mail", refuse)
    tell(ended().pk)
    assert "No e-mail could be sent" in caplog.text
    assert "address" not in caplog.text


def test_a_person_chooses_whether_to_get_them(as_alice: Client, alice: User, settings: Settings) -> None:
    settings.HAS_MAIL = True
    as_alice.post("/accounts/email/", {"wanted": "on"})
    assert User.objects.get(pk=alice.pk).wants_email
    as_alice.post("/accounts/email/")
    assert not User.objects.get(pk=alice.pk).wants_email


def test_nobody_else_chooses_for_them(as_nobody: Client) -> None:
    assert as_nobody.post("/accounts/email/", {"wanted": "on"}).status_code == 302
    assert not User.objects.filter(wants_email=True).exists()
