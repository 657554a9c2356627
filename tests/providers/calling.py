"""A call to the fault server, and all that came of it."""

from accounts.secret import Secret
from providers import client
from providers.dialects import DIALECTS
from providers.errors import ProviderError
from providers.events import Event
from tests.faultserver import FaultServer
from tests.providers.answers import gather
from tests.providers.listening import batches_of

CANARY = "sk-CANARY-0123456789"


def call_to(faults: FaultServer, model: str = "some-model", *, stream: bool = True) -> client.Call:
    dialect = DIALECTS["aimlapi"]
    messages = [{"role": "user", "content": "Hello?"}]
    body = dialect.body(model=model, messages=messages, parameters={}, stream=stream)
    return client.Call(faults.base_url, dialect, body, Secret(CANARY), streams=stream)


async def read(call: client.Call) -> tuple[list[Event], ProviderError | None]:
    """Everything the answer gave, streamed or whole, and how it broke, if it did."""
    events: list[Event] = []
    try:
        if call.streams:
            async with batches_of(call) as batches:
                async for batch in batches:
                    events += batch.events
        else:
            events += (await client.complete(call)).events
    except ProviderError as error:
        return events, error
    return events, None


def text_of(events: list[Event]) -> str:
    return gather(events).text
