"""Servers that call themselves OpenAI-compatible, and what each does in its own way: bytes in tests/wire/compatible."""

from decimal import Decimal
from pathlib import Path

import pytest

from providers.dialects import DIALECTS
from providers.errors import Broken, Charge, ProviderError, Refused
from providers.events import Event, Usage
from providers.sse import EventStream
from tests.providers.answers import Answer, gather, streamed

WIRE = Path(__file__).parent.parent / "wire" / "compatible"
OPENAI = DIALECTS["openai"]
STOP = [("stop", "stop")]
TIMINGS = (17, 28, None, 7)

STREAMED = {
    # Comments, the same reasoning in two places and a sealed piece of it, usage with the price and a choice.
    "openrouter-reasoning": Answer(
        text="Hello!",
        reasoning="We greet back.",
        finish=STOP,
        tokens=(9, 40, 25, 0),
        usd=Decimal("0.0000883"),
        model="deepseek/deepseek-r1",
        request_id="gen-1750000000-AbCdEf",
        extras={
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "gAAAAABo", "format": "openai-responses-v1", "index": 0}
            ]
        },
    ),
    # Without being asked for it, it sends no usage: the counts are unknown, not nothing.
    "ollama-reasoning-no-usage": Answer(
        text="Hello!", reasoning="Okay, hi.", finish=STOP, model="qwen3:8b", request_id="chatcmpl-730"
    ),
    # A call in one piece.
    "ollama-tools-usage": Answer(
        tool_calls=[["call_y9wzw3f8", "get_weather", '{"location":"Zürich"}']],
        finish=[("tool_calls", "tool_calls")],
        tokens=(33, 67, None, None),
        model="qwen3:8b",
        request_id="chatcmpl-730",
    ),
    # The model was loaded and nothing else: a reason to stop that is not in OpenAI's list.
    "ollama-loaded": Answer(finish=[("other", "load")], model="qwen3:8b", request_id="chatcmpl-730"),
    # Usage that grows with every chunk; what it stopped at; its old and its new name for reasoning at once.
    "vllm-usage-in-every-chunk": Answer(
        text="one, two",
        reasoning="Hmm.",
        finish=STOP,
        tokens=(12, 6, None, None),
        model="Qwen/Qwen3-8B",
        request_id="chatcmpl-840312ff78664572bb504e606140b952",
        extras={"stop_sequence": ", three"},
    ),
    # Not asked for usage, it still says how long it took for how much.
    "llamacpp-timings": Answer(
        text="Hello!",
        reasoning="Hmm.",
        finish=STOP,
        tokens=TIMINGS,
        model="gemma-3-4b-it-Q4_K_M.gguf",
        request_id="chatcmpl-qC6laQHbZ2CmxNvJ4NoB1L93LcVF7nfe",
    ),
    # With both, usage counts.
    "llamacpp-usage": Answer(
        text="Hello!",
        finish=STOP,
        tokens=(17, 3, None, None),
        model="gemma-3-4b-it-Q4_K_M.gguf",
        request_id="chatcmpl-qC6laQHbZ2CmxNvJ4NoB1L93LcVF7nfe",
    ),
    # Comments that keep the connection open.
    "litellm-pings": Answer(text="Hello!", finish=STOP, model="gpt-4o-mini", request_id="chatcmpl-5f1b"),
}
# Errors that come with status 200: their kind, their words, and the text before them.
BROKEN = {
    "openrouter-error-midway": ("provider_error", "Provider disconnected unexpectedly", "Hello"),
    "openrouter-error-in-the-choice": ("provider_error", "Upstream error from Fireworks", "Hello"),
    "openrouter-error-first": ("rate_limited", "Provider returned error", ""),
    "vllm-error-in-200": ("bad_request", "The model is not multimodal. Please remove image inputs.", ""),
    "llamacpp-too-long": ("too_long", "the request exceeds the available context size, try increasing it", ""),
    "litellm-error-midway": ("provider_error", "litellm.APIConnectionError: the upstream hung up", "Hello"),
    "litellm-error-first": ("rate_limited", "litellm.RateLimitError: slow down", ""),
}


def sample(name: str) -> bytes:
    return (WIRE / f"{name}.sse").read_bytes()


def broken(*reads: bytes) -> tuple[list[Event], ProviderError | None]:
    """What came before the error of a stream, and the error."""
    stream, reader = EventStream(), OPENAI.stream_reader()
    events: list[Event] = []
    try:
        for read in reads:
            for data in stream.feed(read):
                events += reader.feed(data)
    except ProviderError as error:
        return events, error
    return events, None


def test_every_sample_has_its_expectation() -> None:
    assert {path.stem for path in WIRE.glob("*.sse")} == STREAMED.keys() | BROKEN.keys()


@pytest.mark.parametrize("name", STREAMED)
def test_an_answer_with_an_accent(name: str) -> None:
    assert gather(streamed(OPENAI, sample(name))) == STREAMED[name]


@pytest.mark.parametrize("name", STREAMED)
def test_a_cut_at_any_byte_changes_nothing(name: str) -> None:
    written = sample(name)
    expected = streamed(OPENAI, written)

    for cut in range(len(written)):
        assert streamed(OPENAI, written[:cut], written[cut:]) == expected


@pytest.mark.parametrize("name", BROKEN)
def test_an_error_with_status_200(name: str) -> None:
    kind, detail, text = BROKEN[name]

    events, error = broken(sample(name))

    assert error is not None
    assert (error.kind.name, error.detail, gather(events).text) == (kind, detail, text)
    # What had begun may have been charged; what had not, has not.
    assert isinstance(error, Broken if text else Refused)
    assert error.kind.charge is (Charge.MAYBE if text else Charge.NO)


@pytest.mark.parametrize("name", BROKEN)
def test_an_error_is_the_same_wherever_it_is_cut(name: str) -> None:
    written = sample(name)

    for cut in range(len(written)):
        events, error = broken(written[:cut], written[cut:])
        assert error is not None
        assert (error.kind.name, gather(events).text) == (BROKEN[name][0], BROKEN[name][2])


def test_an_answer_that_finished_with_an_error_is_not_done() -> None:
    with pytest.raises(Broken) as streamed_error:
        streamed(OPENAI, b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"error"}]}\n\n')
    with pytest.raises(Broken) as whole_error:
        OPENAI.read_answer(b'{"choices":[{"message":{"content":"Hi"},"finish_reason":"error"}]}')
    with pytest.raises(Refused) as empty:
        OPENAI.read_answer(b'{"choices":[{"message":{"content":""},"error":{"code":502,"message":"Gone"}}]}')

    assert streamed_error.value.kind.name == whole_error.value.kind.name == empty.value.kind.name == "provider_error"
    assert empty.value.detail == "Gone"


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ('{"cost":0.0012,"is_byok":false}', Decimal("0.0012")),
        ('{"cost":0,"is_byok":false}', Decimal(0)),
        # With a key of one's own at the upstream this is only the fee.
        ('{"cost":0.0001,"is_byok":true}', None),
        # Somebody else's word, whose unit nobody knows.
        ('{"cost":0.0012}', None),
        ('{"cost":"0.0012","is_byok":false}', None),
        ('{"cost":-1,"is_byok":false}', None),
        ('{"cost":1e300,"is_byok":false}', None),
        ('{"cost":true,"is_byok":false}', None),
    ],
)
def test_what_openrouter_charged(usage: str, usd: Decimal | None) -> None:
    answer = f'{{"choices":[{{"message":{{"content":"Hi"}}}}],"usage":{usage}}}'

    assert gather(OPENAI.read_answer(answer.encode())).usd == usd


@pytest.mark.parametrize("timings", ["null", "[]", "{}", '{"prompt_n":1}', '{"prompt_n":"1","predicted_n":-2}'])
def test_timings_without_counts_are_no_usage(timings: str) -> None:
    events = streamed(OPENAI, f'data: {{"choices":[],"timings":{timings}}}\n\n'.encode())

    assert not any(isinstance(event, Usage) for event in events)


def test_timings_after_usage_do_not_count() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":17,"completion_tokens":3,"total_tokens":20}}\n\n'
    timings = b'data: {"choices":[],"timings":{"prompt_n":10,"predicted_n":2}}\n\n'

    assert gather(streamed(OPENAI, usage, timings)).tokens == (17, 3, None, None)
    assert gather(streamed(OPENAI, timings, usage)).tokens == (17, 3, None, None)
