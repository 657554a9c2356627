"""A page that acknowledges nothing loses its socket, and finds everything when it comes back."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from runs import consumers, following
from runs.engine import Engine
from runs.models import Run
from tests.fakes import THE_END, FakeProvider
from tests.runs.test_socket import page, text_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_silent_page_is_given_up_and_can_come_back(
    alice: User,
    fake: FakeProvider,
    running_engine: Engine,
    queued: Callable[..., Run],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, gate = await sync_to_async(queued)(), asyncio.Event()
    fake.say("Once upon", gate, " a time", THE_END)
    # For the silent page alone: the one that comes back acknowledges as soon as this machine lets it.
    with monkeypatch.context() as impatient:
        impatient.setattr(following, "PATIENCE", 0.2)
        impatient.setattr(consumers, "RE_READ", 0.05)
        async with page(alice) as silent:
            await silent.say(op="follow", run=str(run.pk), after=0)
            running_engine.start(run.pk)
            while "seq" not in (heard := await silent.hear()):
                pass
            closed = await silent.closed()
    gate.set()
    async with page(alice) as again:
        await again.say(op="follow", run=str(run.pk), after=heard["seq"])
        rest = await again.hear_until(10_000)

    assert (closed["type"], closed["code"]) == ("websocket.close", consumers.TRY_AGAIN_LATER)
    assert heard["text"] + text_of(rest) == "Once upon a time"
