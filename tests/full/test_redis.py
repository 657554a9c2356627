import asyncio
from uuid import uuid4

import pytest
from channels.layers import ChannelLayerManager
from django.test import AsyncClient
from pytest_django import Settings

from playground.celery import app

pytestmark = pytest.mark.redis

# Seconds; a wake-up takes milliseconds.
PATIENCE = 10


async def test_a_wake_up_reaches_another_process() -> None:
    here, there = ChannelLayerManager()["default"], ChannelLayerManager()["default"]
    channel = await there.new_channel()
    # All databases of a Redis server share what is published on it: a run of this number may be going on in another.
    group = f"test.{uuid4().hex}"
    await there.group_add(group, channel)

    await here.group_send(group, {"type": "run.changed", "seq": 7})

    message = await asyncio.wait_for(there.receive(channel), PATIENCE)
    assert message == {"type": "run.changed", "seq": 7}
    await here.flush()
    await there.flush()


def test_a_job_travels_as_json_and_carries_its_arguments_only() -> None:
    name = f"test-{uuid4().hex}"
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue(name)
        app.send_task("nobody.listens", args=[42], queue=name, connection=connection)
        message = queue.get(timeout=PATIENCE)
        message.ack()
        queue.queue.delete()

    assert message.content_type == "application/json"
    assert message.payload[0] == [42]


@pytest.mark.django_db(transaction=True)
async def test_a_server_without_its_redis_is_not_ready(async_client: AsyncClient, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = await async_client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["broker"] == "failed"


@pytest.mark.django_db(transaction=True)
async def test_a_server_with_its_redis_is_ready(async_client: AsyncClient) -> None:
    answer = await async_client.get("/readyz")

    assert answer.json() == {
        "database": "ok",
        "storage": "ok",
        "broker": "ok",
        "channel_layer": "ok",
        "accepting": "ok",
    }
