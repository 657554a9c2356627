"""Calls to providers: the only place where a request leaves the building.

    async with client.stream(call) as batches:      # entered when the response's headers are there
        async for batch in batches: ...             # one batch for each network read
    batch = await client.complete(call)             # the whole answer at once
    body = await client.fetch(url, dialect, key)    # a model list, or the check of a key
    body = await client.submit("PATCH", url, dialect, key, body)    # a change of what the provider keeps

All of them raise `ProviderError`s and nothing else, except that a cancelled caller is cancelled. Nothing is tried twice
here: whether a call may be repeated is decided where it is known who pays.
"""

from providers.client.answers import Batch
from providers.client.calls import Call, complete, fetch, stream, submit
from providers.client.connections import close, warm_up
from providers.client.deadlines import Timeouts

__all__ = ["Batch", "Call", "Timeouts", "close", "complete", "fetch", "stream", "submit", "warm_up"]
