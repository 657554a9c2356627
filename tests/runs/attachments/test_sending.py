"""What leaves for each kind of part in each dialect, and what is kept of it."""

import base64
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.models import User
from providers import client
from providers.models import LanguageModel, Provider
from runs.attachments import files
from runs.attachments.holes import placeholder
from runs.engine import Engine
from runs.models import Attachment, Run
from tests.attached import PDF, PNG
from tests.faultserver import FaultServer
from tests.runs.reader import Reader

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def connected(running_engine: Engine) -> AsyncIterator[Engine]:
    yield running_engine
    await running_engine.drain(0)
    await client.close()


def queue(user: User, base_url: str, content: bytes = PNG) -> Run:
    provider = Provider.objects.create(name="Faults", base_url=base_url, needs_key=False)
    model = LanguageModel.objects.create(provider=provider, model_id="some/model")
    kept = Attachment.objects.keep(user, "cat.png", [content], len(content))
    url = f"data:image/png;base64,{placeholder(kept.sha256)}"
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}] * 2
    return Run.objects.queue(user=user, model=model, messages=messages, to_send={}, as_set={})


def expected(content: bytes = PNG) -> dict[str, Any]:
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    message = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
    return {"model": "some/model", "messages": [message, message], "stream": True}


async def test_the_provider_gets_the_file_and_the_record_only_its_name(
    connected: Engine, alice: User, faults: FaultServer
) -> None:
    run = await sync_to_async(queue)(alice, faults.base_url)

    connected.start(run.pk)
    run = await Reader(run).end()

    [request] = faults.requests
    assert request.json == expected()
    assert request.body == run.request_body
    assert base64.b64encode(PNG) not in zlib.decompress(run.body)
    assert b"attachment." not in zlib.decompress(run.body)


async def test_run_again_exactly_is_equal_byte_for_byte(connected: Engine, alice: User, faults: FaultServer) -> None:
    first = await sync_to_async(queue)(alice, faults.base_url)
    connected.start(first.pk)
    first = await Reader(first).end()

    again = await sync_to_async(Run.objects.repeat)(await Run.objects.select_related("provider").aget(), "again")
    connected.start(again.pk)
    await Reader(again).end()

    assert faults.requests[0].body == faults.requests[1].body == first.request_body


async def test_a_file_that_is_lost_is_an_error_card_and_nothing_is_sent(
    connected: Engine, alice: User, faults: FaultServer
) -> None:
    run = await sync_to_async(queue)(alice, faults.base_url)
    [path] = files.kept()
    path.unlink()

    connected.start(run.pk)
    run = await Reader(run).end()

    assert (run.state, run.error_kind) == ("failed", "attachment_lost")
    assert not faults.requests


def test_the_page_of_a_run_shows_the_beginning_of_the_data_and_the_file_all_of_it(
    alice: User, as_alice: Client
) -> None:
    content = PNG + b"\x01" * 300_000
    run = queue(alice, "https://fake.example/v1", content)

    page = as_alice.get(f"/runs/{run.pk}/").content.decode()

    data = base64.b64encode(content).decode()
    assert f"data:image/png;base64,{data[:40]}… ({len(data):,} characters)" in page
    assert f"Body, as it was sent ({len(run.request_body)} bytes)" in page
    assert json.loads(as_alice.get(f"/runs/{run.pk}/request.json").content) == expected(content)


def test_the_page_of_a_run_whose_file_is_lost_is_still_a_page(alice: User, as_alice: Client) -> None:
    run = queue(alice, "https://fake.example/v1")
    files.path_of(Attachment.objects.get().sha256).unlink()

    for address in ("", "request.json", "code/"):
        assert as_alice.get(f"/runs/{run.pk}/{address}").status_code == 200


def test_many_runs_with_a_large_file_keep_it_once(alice: User) -> None:
    content = PDF.replace(b"%%EOF", b"%" + bytes(range(1, 255)) * 4000)
    kept = Attachment.objects.keep(alice, "a.pdf", [content], len(content))
    provider = Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)
    model = LanguageModel.objects.create(provider=provider, model_id="some/model")
    file = {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{placeholder(kept.sha256)}"}
    messages = [{"role": "user", "content": [{"type": "file", "file": file}]}]

    runs = [Run.objects.queue(user=alice, model=model, messages=messages, to_send={}, as_set={}) for _ in range(9)]

    assert sum(len(run.body) for run in runs) < 5000
    assert all(len(run.request_body) > len(content) for run in runs)
