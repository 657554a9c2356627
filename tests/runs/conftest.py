from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from accounts.models import User
from providers.models import LanguageModel, Provider
from runs.engine import Engine, engine
from runs.models import Run
from tests.fakes import FakeProvider


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(name="Fake", base_url="https://fake.example/v1", needs_key=False)


@pytest.fixture
def model(provider: Provider) -> LanguageModel:
    return LanguageModel.objects.create(provider=provider, model_id="fake/one")


@pytest.fixture
def queued(alice: User, model: LanguageModel) -> Callable[..., Run]:
    def queue(text: str = "Hello", **fields: Any) -> Run:
        messages = [{"role": "user", "content": text}]
        return Run.objects.queue(user=alice, model=model, messages=messages, to_send={}, as_set={}, **fields)

    return queue


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()
    monkeypatch.setattr("providers.client.stream", fake.stream)
    return fake


@pytest.fixture
async def running_engine() -> AsyncIterator[Engine]:
    yield engine()
    await engine().drain(0)
