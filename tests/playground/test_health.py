import pytest
from django.db import DatabaseError, connection
from django.test import AsyncClient, Client

from playground import health


def test_the_process_answers_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_a_server_that_can_work_is_ready(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "database": "ok",
        "storage": "ok",
        "broker": "ok",
        "channel_layer": "ok",
        "accepting": "ok",
    }


@pytest.mark.django_db
def test_a_part_that_fails_is_named_and_nothing_else(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("could not connect to db.internal:5432 as postgres")

    monkeypatch.setattr(connection, "cursor", fail)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] == "failed"
    assert answer.json()["channel_layer"] == "ok"
    assert b"internal" not in answer.content


@pytest.mark.django_db(transaction=True)
async def test_a_part_that_is_silent_is_not_waited_for(
    async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0)

    assert (await async_client.get("/readyz")).status_code == 503


@pytest.mark.django_db
def test_a_server_that_is_about_to_end_gets_nothing_new(client: Client) -> None:
    health.draining.set()
    try:
        answer = client.get("/readyz")
    finally:
        health.draining.clear()

    assert answer.status_code == 503
    assert answer.json()["accepting"] == "failed"
