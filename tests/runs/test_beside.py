"""What stands beside the text of an answer, at its own addresses, and who may see it."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from runs.logprobs import LogprobLog
from runs.models import Medium, Run, Supplement
from runs.views.beside import PAGE
from tests.plans import captured_plans, reads_a_whole_table

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def run(queued: Callable[..., Run]) -> Run:
    return queued()


def weighed(run: Run, tokens: list[str], choice: int = 0) -> None:
    log = LogprobLog()
    other = {"token": "Yo", "logprob": -9999.0, "bytes": None}
    log.add(choice, {"content": [{"token": each, "logprob": -0.1, "top_logprobs": [other]} for each in tokens]})
    Supplement.objects.create(run=run, logprobs=log.packed(), shown={"weighed": {str(choice): len(tokens)}})


def told(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_each_token_says_how_likely_it_was_and_what_else_might_have_come(as_alice: Client, run: Run) -> None:
    weighed(run, ["Hi", "<b>"])

    page = as_alice.get(f"/runs/{run.pk}/probabilities/")

    assert "Hi 0.90 Yo very unlikely" in told(page)
    assert "&lt;b&gt;" in page.content.decode()
    assert "<b>" not in page.content.decode()
    assert 'data-level="very-likely"' in page.content.decode()


def test_a_long_answer_is_shown_page_by_page(as_alice: Client, run: Run) -> None:
    weighed(run, [f"w{number}" for number in range(PAGE + 5)])
    address = f"/runs/{run.pk}/probabilities/"

    first = as_alice.get(address, headers=HTMX).content.decode()
    rest = as_alice.get(address, {"after": PAGE}, headers=HTMX).content.decode()

    assert f"Tokens 1 to {PAGE} of {PAGE + 5}" in first
    assert f"w{PAGE - 1}" in first
    assert f"w{PAGE}<" not in first
    assert f"Tokens {PAGE + 1} to {PAGE + 5} of {PAGE + 5}" in rest
    assert "The next of" in first
    assert "The next of" not in rest
    assert "Tokens before these" in rest


@pytest.mark.parametrize("after", ["-1", "x", "99999999999", "²"])
def test_a_place_that_is_none_is_the_beginning(as_alice: Client, run: Run, after: str) -> None:
    weighed(run, ["Hi"])

    assert "Tokens 1 to 1 of 1" in as_alice.get(f"/runs/{run.pk}/probabilities/?after={after}").content.decode()


def test_where_no_probabilities_came_there_is_no_such_page(as_alice: Client, run: Run) -> None:
    Supplement.objects.create(run=run, shown={"transcript": "Hi"})

    assert as_alice.get(f"/runs/{run.pk}/probabilities/").status_code == 404


def test_a_sound_is_served_as_what_it_is_and_nothing_else(as_alice: Client, run: Run) -> None:
    Medium.objects.create(run=run, number=0, kind="image", content_type="image/png", content=PNG)

    answer = as_alice.get(f"/runs/{run.pk}/media/0")

    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]
    assert as_alice.get(f"/runs/{run.pk}/media/1").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=0-1", 206, b"RI"),
        ("bytes=2-", 206, b"FF"),
        ("bytes=1-99", 206, b"IFF"),
        ("bytes=4-", 200, b"RIFF"),
        ("bytes=2-1", 200, b"RIFF"),
        ("bytes=-2", 200, b"RIFF"),
        ("lines=1-2", 200, b"RIFF"),
    ],
)
def test_a_player_may_ask_for_a_part_of_a_sound(
    as_alice: Client, run: Run, asked: str, status: int, content: bytes
) -> None:
    Medium.objects.create(run=run, number=0, kind="audio", content_type="audio/wav", content=b"RIFF")

    answer = as_alice.get(f"/runs/{run.pk}/media/0", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers["Accept-Ranges"] == "bytes"
    if status == 206:
        assert answer.headers["Content-Range"].startswith("bytes ")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what is in the tables")
@pytest.mark.parametrize("what", ["probabilities/", "media/0"])
def test_they_are_found_without_reading_a_whole_table(as_alice: Client, run: Run, what: str) -> None:
    with captured_plans() as steps:
        as_alice.get(f"/runs/{run.pk}/{what}")

    assert steps
    assert not [step for step in steps if reads_a_whole_table(step)]


@pytest.mark.parametrize("what", ["probabilities/", "media/0"])
def test_only_their_owner_sees_them(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_nobody: Client, run: Run, what: str
) -> None:
    weighed(run, ["Hi"])
    Medium.objects.create(run=run, number=0, kind="audio", content_type="audio/wav", content=b"RIFF")
    address = f"/runs/{run.pk}/{what}"

    assert as_alice.get(address).status_code == 200
    assert as_bob.get(address).status_code == 404
    assert as_charlie.get(address).status_code == 404
    assert as_nobody.get(address).status_code == 302
    assert as_alice.post(address).status_code == 405


def test_the_details_say_what_is_kept_for_the_next_turn_and_what_became_of_a_prediction(
    as_alice: Client, run: Run
) -> None:
    Supplement.objects.create(run=run, for_next_turn={"encrypted_content": "SECRET-BLOB"})
    counts = {"accepted_prediction_tokens": 12, "rejected_prediction_tokens": 3}
    Run.objects.filter(pk=run.pk).update(usage_raw={"completion_tokens_details": counts})

    page = told(as_alice.get(f"/runs/{run.pk}/"))

    assert "kept for the next turn, 36 bytes (encrypted_content)" in page
    assert "SECRET-BLOB" not in page
    assert "12 tokens accepted, 3 rejected" in page
