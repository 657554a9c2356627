"""Calls to providers: the only place where a request leaves the building.

    async with client.stream(call) as answer:       # entered when the response's headers are there
        await answer.flow(on_news)                  # `answer.read()` gives what has come, whoever asks
        for batch in answer.rest(): ...             # and what was not read when it ended
    batch = await client.complete(call)             # the whole answer at once
    body = await client.fetch(url, dialect, key)    # a model list, or the check of a key
    body = await client.submit("PATCH", url, dialect, key, body)    # a change of what the provider keeps

All of them raise `ProviderError`s and nothing else, except that a cancelled caller is cancelled. Nothing is tried twice
here: whether a call may be repeated is decided where it is known who pays.
"""

from providers.client.answers import Answer, Batch
from providers.client.calls import Call, complete, fetch, stream, submit
from providers.client.connections import close, warm_up
from providers.client.deadlines import Timeouts

__all__ = ["Answer", "Batch", "Call", "Timeouts", "close", "complete", "fetch", "stream", "submit", "warm_up"]
