"""Every documented model is opened and asked, as a person would: by the page's own panel, to a server that listens."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.models import ApiKey, User
from accounts.secret import Secret
from providers import client
from providers.models import LanguageModel, Provider
from providers.parameters.nesting import flat
from runs.engine import Engine, engine
from runs.models import Run
from tests.chat.panel_page import PanelPage
from tests.chat.test_parameters import meant
from tests.faultscript import tokens
from tests.faultserver import FaultServer
from tests.providers.documented import DOCUMENTED, complaints, model, something_for

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "sk-of-the-walk"
# What the page says itself.
OURS = ("model", "messages", "stream", "stream_options")
# Seconds that one answer may take on a busy machine.
PATIENCE = 30


@pytest.fixture
async def connected() -> AsyncIterator[Engine]:
    yield engine()
    await engine().drain(0)
    await client.close()


@pytest.fixture
def walked(alice: User, faults: FaultServer) -> list[LanguageModel]:
    """All of them, at a provider that takes what it is sent, and alice's key for it."""
    provider = Provider.objects.create(name="Gateway", base_url=faults.base_url, dialect_name="aimlapi")
    ApiKey.objects.store(alice, provider.origin, Secret(KEY))
    return LanguageModel.objects.bulk_create(model(item, provider=provider) for item in DOCUMENTED)


async def ask(visitor: AsyncClient, fields: dict[str, str], token: str) -> Run:
    """What came of sending a composer that stands so."""
    answer = await visitor.post("/conversations/", {**fields, "text": "Hello", "client_token": token})
    assert answer.status_code == 302, answer.content.decode()
    run = await Run.objects.aget(client_token=token)
    async with asyncio.timeout(PATIENCE):
        await engine().ended(run.pk)
    await run.arefresh_from_db(fields=["state", "text", "error_kind"])
    return run


async def panel_at(visitor: AsyncClient, address: str) -> dict[str, str]:
    answer = await visitor.get(address)
    return PanelPage(answer.content.decode()).fields


def wrong(language_model: LanguageModel, run: Run, request: Any, written: dict[str, str]) -> Iterator[str]:
    """What there is to complain about a run that was asked for with this panel."""
    name, sent = language_model.model_id, request.json
    asked = {name: value for name, value in sent.items() if name not in OURS}
    panel = language_model.panel
    kinds = {field.name: field.kind for field in panel.fields}
    expected = {path: meant(kinds[path], text) for path, text in written.items()}
    if panel.limit and not {"max_tokens", "max_completion_tokens"} & expected.keys():
        expected[panel.limit] = panel.default_max_tokens
    # The constants beside what was set in the same object have no field.
    arrived = {path: value for path, value in flat(asked, expected).items() if path in expected}
    if (run.state, run.text) != ("done", tokens(8)):
        yield f"{name}: {run.state} {run.error_kind}, {run.text!r}"
    if arrived != expected:
        yield f"{name}: {arrived} arrived, and the panel showed {expected}"
    if extra := asked.keys() - {path.partition(".")[0] for path in expected}:
        yield f"{name}: {extra} was sent, which the panel did not show"
    if (sent["model"], sent["stream"], request.authorization) != (name, True, f"Bearer {KEY}"):
        yield f"{name}: not the model, the stream or the key that was meant"
    yield from (f"{name}: {complaint}" for complaint in complaints(asked, language_model.parameters))


async def test_every_documented_model_answers_with_its_panel_empty_and_filled(
    connected: Engine, alice: User, walked: list[LanguageModel], faults: FaultServer
) -> None:
    visitor = AsyncClient()
    await sync_to_async(visitor.force_login)(alice)
    assert len(walked) == 77
    problems: list[str] = []
    for language_model in walked:
        shown = await panel_at(visitor, f"/app/{language_model.model_id}")
        assert shown["model"] == language_model.model_id
        run = await ask(visitor, shown, f"{language_model.pk} empty")
        problems += wrong(language_model, run, faults.requests[-1], {})

        written = {field.name: text for field in language_model.panel.fields if (text := something_for(field))}
        filled = {**shown, **written, "system_prompt": "Be brief"}
        run = await ask(visitor, filled, f"{language_model.pk} filled")
        problems += wrong(language_model, run, faults.requests[-1], written)
        # A parameter that is the system prompt has the last word where it is filled in, too.
        if "Be brief" not in str(faults.requests[-1].json) and language_model.system_parameter not in written:
            problems.append(f"{language_model.model_id}: the system prompt was not sent")
    assert problems == []
    assert len(faults.requests) == 2 * len(walked)
