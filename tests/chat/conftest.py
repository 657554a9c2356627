from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from chat.models import Message
from providers.models import LanguageModel, Provider
from runs.engine import Engine
from tests.fakes import FakeProvider


@pytest.fixture
def model(db: None) -> LanguageModel:
    provider = Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)
    return LanguageModel.objects.create(provider=provider, model_id="fake/one")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()
    monkeypatch.setattr("providers.client.stream", fake.stream)
    return fake


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs that views began; they are stored, and nothing performs them."""
    runs: list[int] = []

    async def begin(engine: Engine, queue: Callable[[], Message]) -> Message:
        # As the journal does: what fails undoes itself alone.
        reply = await sync_to_async(transaction.atomic(queue))()
        assert reply.run_id
        runs.append(reply.run_id)
        return reply

    monkeypatch.setattr(Engine, "begin", begin)
    return runs
