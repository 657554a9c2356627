"""The same questions straight to the provider: what there would be without anything in between."""

import json

import aiohttp
from answer import Answer
from timed_text import microseconds
from upstream import KEY


async def ask(session: aiohttp.ClientSession, base_url: str, model: str, answer: Answer) -> None:
    """Have this model answer, as a program without a playground would."""
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": f"stream-{answer.name}"}]}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with session.post(f"{base_url}/chat/completions", json=body, headers=headers) as response:
        # Only noted while the clock runs; read afterwards.
        reads = [(microseconds(), data) async for data in response.content.iter_any()]
    answer.end("" if response.status == 200 else f"HTTP {response.status}")
    _read(reads, answer)


def _read(reads: list[tuple[int, bytes]], answer: Answer) -> None:
    rest = b""
    for at, data in reads:
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            said = event.removeprefix(b"data: ")
            if said != b"[DONE]" and (text := json.loads(said)["choices"][0]["delta"].get("content")):
                answer.arrived(text, at)
