"""What the fault server says: bytes, pauses, and ends that are not as they should be.

`FAULTS` are the ready ones, by the name of the model that fails so. `answer_of` is what a provider says to whom nothing
was told: `tokens/500` answers with 500 tokens at once, `tokens/500@50` with 50 of them a second, and any other model
with `tok0 tok1 … tok7 `.
"""

import gzip
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby


class End:
    """How a script may end, other than by having said everything."""


# Close with a TCP reset.
RESET = End()
# Say nothing more, and wait until the client leaves.
SILENCE = End()
# Keep the connection open for another request.
KEEP = End()
# A step is bytes to send, seconds to wait, something to wait for, or an end. A script without an end closes the
# connection in good order. A test that wants something to happen between two steps has the server wait for it: how long
# it takes is up to the machine.
Step = bytes | float | threading.Event | End
Script = Sequence[Step]


def tokens(count: int) -> str:
    """The text that `tokens/<count>` answers."""
    return "".join(f"tok{number} " for number in range(count))


def http_head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """A status line and headers; without others, those of a stream that ends with the connection."""
    lines = headers if headers is not None else {"Content-Type": "text/event-stream", "Connection": "close"}
    return "\r\n".join(
        [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    ).encode()


def framed(status: int, body: bytes, headers: Mapping[str, str]) -> Script:
    """A whole response after which the connection serves another request."""
    return [http_head(status, {**headers, "Content-Length": str(len(body))}) + body, KEEP]


# The head of a stream in HTTP chunks, in which a cut can be told from an end.
CHUNKED = http_head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
# The heads of whole answers: one that ends with the connection, and one in chunks.
JSON = http_head(200, {"Content-Type": "application/json", "Connection": "close"})
CHUNKED_JSON = http_head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"})


def http_chunk(body: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(body), extension, body)


ENVELOPE = {"id": "chatcmpl-fault", "created": 1, "model": "served"}


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def chunk(delta: Mapping[str, object], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return event({**ENVELOPE, "object": "chat.completion.chunk", "choices": [choice]})


def said(text: str) -> list[bytes]:
    """One chunk for each word of the text, blanks included."""
    words = text.split(" ")
    return [chunk({"content": word + " " * (index < len(words) - 1)}) for index, word in enumerate(words)]


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
USAGE_CHUNK = event({**ENVELOPE, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
ENDING = chunk({}, "stop") + USAGE_CHUNK + b"data: [DONE]\n\n"
HELLO = b"".join(said("Hello world"))


def completion(text: str) -> bytes:
    """A whole answer, with what it cost."""
    message = {"role": "assistant", "content": text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
    meta = {"usage": {"credits_used": 2000, "usd_spent": 0.001}}
    answer = {**ENVELOPE, "object": "chat.completion", "choices": choices, "usage": USAGE, "meta": meta}
    return json.dumps(answer).encode()


WHOLE = completion("Hello world")
HALF = WHOLE[: len(WHOLE) // 2]


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Script:
    body = json.dumps({"error": {"message": message, "type": "fault", "code": None}}).encode()
    return framed(status, body, {"Content-Type": "application/json", **(headers or {})})


def oddly_framed(head: bytes, chunked_head: bytes, body: bytes) -> dict[str, Script]:
    """What HTTP allows around a body, and hardly anybody sends."""
    hints = http_head(103, {"Link": "</style.css>; rel=preload"})
    return {
        "fault/continue": [http_head(100, {}), 0.05, head + body],
        "fault/processing": [http_head(102, {}), 0.05, head + body],
        "fault/early-hints": [hints, 0.05, head + body],
        "fault/two-interim": [http_head(100, {}) + hints + head + body],
        "fault/chunk-extensions": [
            chunked_head,
            http_chunk(body[:99], b";last"),
            http_chunk(body[99:], b';seal=1;note="a; b"'),
            b"0;end\r\n\r\n",
            KEEP,
        ],
        "fault/trailers": [
            chunked_head,
            http_chunk(body),
            b"0\r\nX-Checksum: 7\r\nServer-Timing: a;dur=2\r\n\r\n",
            KEEP,
        ],
    }


FAULTS: dict[str, Script] = {
    "fault/key-rejected": refusal(401, "bad key"),
    "fault/out-of-credit": refusal(402, "no credit left"),
    "fault/not-allowed": refusal(403, "the key has no such scope"),
    "fault/model-not-found": refusal(404, "no such model"),
    "fault/bad-request": refusal(400, "temperature is out of range"),
    "fault/too-long": refusal(400, "maximum context length is 10 tokens"),
    "fault/rate-limited": refusal(429, "slow down", {"Retry-After": "1"}),
    "fault/overloaded": refusal(503, "too busy", {"Retry-After": "1"}),
    "fault/provider-error": refusal(500, "our mistake"),
    "fault/redirect": framed(307, b"", {"Location": "http://127.0.0.1:1/v1/chat/completions"}),
    "fault/html": framed(200, b"<!DOCTYPE html><html><script>alert(1)</script></html>", {"Content-Type": "text/html"}),
    "fault/error-in-200": framed(200, b'{"error": {"message": "not today"}}', {"Content-Type": "application/json"}),
    "fault/truncated": [http_head(), HELLO],
    "fault/no-done": [http_head(), HELLO, chunk({}, "stop")],
    "fault/no-last-blank-line": [http_head(), HELLO, b"data: [DONE]"],
    "fault/two-terminators": [http_head(), HELLO, ENDING, *said("ignored"), ENDING],
    "fault/error-midway": [http_head(), HELLO, event({"error": {"message": "gave up", "code": 500}}), ENDING],
    "fault/malformed-event": [http_head(), HELLO, b'data: {"choices": [\n\n', ENDING],
    "fault/reset-before-headers": [RESET],
    "fault/reset-after-headers": [CHUNKED, 0.05, RESET],
    "fault/reset-mid-event": [CHUNKED, http_chunk(HELLO + b'data: {"choi'), 0.05, RESET],
    "fault/cut-mid-event": [http_head(), HELLO, b'data: {"choi'],
    "fault/whole-but-cut": [CHUNKED, http_chunk(HELLO + chunk({}, "stop")), 0.05, RESET],
    "fault/closed-before-headers": [],
    "fault/no-headers": [SILENCE],
    "fault/no-body": [http_head(), SILENCE],
    "fault/silence": [http_head(), HELLO, SILENCE],
    "fault/not-http": [b"SSH-2.0-OpenSSH_9.6\r\n"],
    "fault/bad-chunk": [CHUNKED, b"zz\r\n"],
    "fault/bad-chunk-later": [CHUNKED, http_chunk(HELLO), 0.05, b"zz\r\n", SILENCE],
    "fault/cut-chunk": [CHUNKED, b"%x\r\n" % (len(HELLO) + 9), HELLO],
    "fault/huge-header": [b"HTTP/1.1 200 OK\r\nX-Huge: " + b"x" * 1_000_000 + b"\r\n\r\n"],
    "fault/many-headers": [b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: x\r\n" % n for n in range(5000)) + b"\r\n"],
    "fault/endless-line": [http_head(), b"data: ", *[b"x" * 65536] * 1000],
    "fault/gzip": framed(200, gzip.compress(b"x" * 1_000_000), {"Content-Encoding": "gzip"}),
    "fault/lf": [http_head(), HELLO, ENDING],
    "fault/crlf": [http_head(), (HELLO + ENDING).replace(b"\n", b"\r\n")],
    "fault/cr": [http_head(), (HELLO + ENDING).replace(b"\n", b"\r")],
    "fault/byte-by-byte": [http_head(), *(bytes([byte]) for byte in HELLO + ENDING)],
    "fault/slow-loris": [http_head(), *(step for byte in HELLO + ENDING for step in (bytes([byte]), 0.5))],
    "fault/text-plain": [http_head(200, {"Content-Type": "text/plain", "Connection": "close"}), HELLO, ENDING],
    "fault/json-to-a-stream": framed(200, WHOLE, {"Content-Type": "application/json"}),
    **oddly_framed(http_head(), CHUNKED, HELLO + ENDING),
}
# What is the same fault in other bytes, to a request that does not stream.
WHOLE_FAULTS: dict[str, Script] = {
    "fault/truncated": [JSON, HALF],
    "fault/malformed-event": framed(200, b'{"choices": [', {"Content-Type": "application/json"}),
    "fault/reset-after-headers": [CHUNKED_JSON, 0.05, RESET],
    "fault/reset-mid-event": [CHUNKED_JSON, http_chunk(HALF), 0.05, RESET],
    "fault/no-body": [JSON, SILENCE],
    "fault/silence": [JSON, HALF, SILENCE],
    "fault/bad-chunk": [CHUNKED_JSON, b"zz\r\n"],
    "fault/bad-chunk-later": [CHUNKED_JSON, http_chunk(HALF), 0.05, b"zz\r\n", SILENCE],
    "fault/cut-chunk": [CHUNKED_JSON, b"%x\r\n" % len(WHOLE), HALF],
    "fault/cut-length": [http_head(200, {"Content-Length": str(len(WHOLE))}), HALF],
    "fault/endless-line": [JSON, b'{"choices": "', *[b"x" * 65536] * 1000],
    "fault/byte-by-byte": [JSON, *(bytes([byte]) for byte in WHOLE)],
    "fault/slow-loris": [JSON, *(step for byte in WHOLE for step in (bytes([byte]), 0.5))],
    "fault/text-plain": framed(200, WHOLE, {"Content-Type": "text/plain"}),
    "fault/no-content-type": framed(200, WHOLE, {}),
    **oddly_framed(JSON, CHUNKED_JSON, WHOLE),
}


def answer_of(model: str, *, streams: bool) -> Script:
    """What a model answers when nothing was told."""
    if not streams and model in WHOLE_FAULTS:
        return WHOLE_FAULTS[model]
    if model in FAULTS:
        return FAULTS[model]
    count, _, rate = model.removeprefix("tokens/").partition("@") if model.startswith("tokens/") else ("8", "", "")
    if not streams:
        # Whole, when the last token would have come.
        pause = [int(count) / float(rate)] if rate else []
        return [*pause, *framed(200, completion(tokens(int(count))), {"Content-Type": "application/json"})]
    return streamed([chunk({"content": f"tok{number} "}) for number in range(int(count))], float(rate or 0))


def streamed(pieces: Sequence[bytes | threading.Event], rate: float) -> Script:
    """A stream in HTTP chunks, so that the connection can serve another request."""
    beginning = CHUNKED + http_chunk(chunk({"role": "assistant", "content": ""}))
    ending = http_chunk(ENDING) + b"0\r\n\r\n"
    steps = [http_chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces]
    if not rate:
        return [*_joined([beginning, *steps, ending]), KEEP]
    return [beginning, *_at_pace(steps, rate), ending, KEEP]


def _joined(steps: Iterable[bytes | threading.Event]) -> Iterator[Step]:
    """What is to be sent at once, in one write."""
    for is_said, group in groupby(steps, lambda step: isinstance(step, bytes)):
        if is_said:
            yield b"".join(step for step in group if isinstance(step, bytes))
        else:
            yield from group


def _at_pace(steps: Iterable[bytes | threading.Event], rate: float) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, bytes):
            yield 1 / rate
