"""Every recorded answer in tests/wire, against what a person reads in the file."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from tests.providers.answers import Answer, gather, streamed
from tests.providers.cuts import pieces

WIRE = Path(__file__).parent.parent / "wire"
GATEWAY = DIALECTS["aimlapi"]
STOP = [("stop", "stop")]

WHOLE = {
    "chat-claude-opus4-end-turn": Answer(
        text="Hello! How can I help you ...",
        finish=[("stop", "end_turn")],
        tokens=(252, 1890, None, None),
        model="claude-opus-4-20250514",
        request_id="msg_01BDDxHJZjH3UBwLrZBUiASE",
    ),
    "chat-claude-opus41-thinking": Answer(
        text="Hello! How can I help you ...",
        reasoning="The human has greeted me with ...",
        finish=[("stop", "end_turn")],
        tokens=(1134, 9450, None, None),
        model="claude-opus-4-1-20250805",
        request_id="msg_01G9P4b9HG3PeKm1rRvS8kop",
    ),
    "chat-deepseek-r1-empty-tool-calls": Answer(
        text="Hello! How can I assist you ...",
        finish=STOP,
        tokens=(5, 74, None, None),
        model="deepseek-ai/DeepSeek-R1",
        request_id="npPT68N-zqrih-92d94499ec25b74e",
    ),
    # The same reasoning in two places; the upstream's own price beside the gateway's credits.
    "chat-deepseek-speciale-reasoning-details": Answer(
        text="Hello! I think mankind is a ...",
        reasoning="We need to respond to the ...",
        finish=STOP,
        tokens=(13, 414, 388, 0),
        usd=Decimal("0.0001925"),
        model="deepseek/deepseek-v3.2-speciale",
        request_id="gen-1770021770-coQRs5BE5oFW8jhEBDjN",
    ),
    "chat-deepseek-v4-pro": Answer(
        text="That's quite a profound question—and one ...",
        reasoning='We are asked: "Hi! What do ...',
        finish=STOP,
        tokens=(13, 416, 89, 0),
        usd=Decimal("0.001912"),
        model="deepseek-v4-pro",
        request_id="b8df8a22-3902-4241-889e-dc1f446e9794",
    ),
    "chat-ernie-300b-cache-counters": Answer(
        text="As an AI, I don't have ...",
        finish=STOP,
        tokens=(16, 371, None, 0),
        usd=Decimal("0.000472"),
        model="baidu/ernie-4.5-300b-a47b",
        request_id="019bd682e8fd00bca8d4a94aace650ce",
    ),
    "chat-ernie-vl-null-details": Answer(
        text="Mankind is an incredibly diverse and ...",
        finish=STOP,
        tokens=(22, 280, None, None),
        usd=Decimal("0.000172"),
        model="baidu/ernie-4.5-vl-28b-a3b",
        request_id="b1946f423718276c56f085ef83bfded2",
    ),
    "chat-ernie5-thinking-flag": Answer(
        text="As an AI, I don’t have ...",
        reasoning='The user wants my "opinion" on ...',
        finish=STOP,
        tokens=(13, 1048, 450, None),
        usd=Decimal("0.001001"),
        model="ernie-5.0-thinking-preview",
        request_id="as-yhapvjf5ht",
    ),
    # A prompt of 0 tokens was not counted.
    "chat-gemini25-flash-lite-prompt-zero": Answer(
        text="Hello there! How can I help ...",
        finish=STOP,
        tokens=(None, 9, None, None),
        model="google/gemini-2.5-flash-lite-preview-06-17",
        request_id="gen-1752482994-9LhqM48PhAmhiRTtl2ys",
    ),
    "chat-gemini25-flash-reasoning-count-only": Answer(
        text="Mankind, or humanity, is an incredibly ...",
        finish=STOP,
        tokens=(6, 3360, 1399, None),
        model="google/gemini-2.5-flash",
        request_id="yZ-DaJXqAayonvgPr5XvuQY",
    ),
    # 566 of answer and 946 of reasoning beside it: only the total has both.
    "chat-gemini31-pro-thought-signature": Answer(
        text="As an artificial intelligence, I don’t ...",
        finish=STOP,
        tokens=(9, 1512, 946, None),
        usd=Decimal("0.0236115"),
        model="google/gemini-3.1-pro-preview",
        request_id="fb2gafiLBIK9odAP1tGMmQc",
        extras={"extra_content": {"google": {"thought_signature": "CoMeAY89a18LofF2...trimmed=="}}},
    ),
    "chat-gemma3n-all-zero-usage": Answer(
        text="Hello there! 👋 It's nice to ...",
        finish=STOP,
        model="google/gemma-3n-e4b-it:free",
        request_id="gen-1749195015-2RpzznjKbGPQUJ9OK1M4",
    ),
    "chat-gemma4-router-meta": Answer(
        text="As an AI, I don’t have ...",
        finish=STOP,
        tokens=(22, 453, 0, 0),
        usd=Decimal("0.0002535"),
        model="google/gemma-4-31b-it-20260402",
        request_id="gen-1775228350-GcNt3er4pgcIFTIrWc0w",
    ),
    "chat-llama33-empty-tool-calls": Answer(
        text="Hello. It's nice to meet you. ...",
        finish=STOP,
        tokens=(67, 46, None, None),
        model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
        request_id="npQ5s8C-2j9zxn-92d9f3c84a529790",
    ),
    "chat-minimax-no-logprobs": Answer(
        text="Hello! How are you doing today? ...",
        finish=STOP,
        tokens=(299, 67, None, None),
        model="MiniMax-Text-01",
        request_id="04a9c0b5acca8b79bf1aba62f288f3b7",
    ),
    "chat-openai-gpt4o": Answer(
        text="The scene is an iconic Renaissance ...",
        finish=STOP,
        tokens=(776, 85, 0, 0),
        usd=Decimal("0.003627"),
        model="gpt-4o-2024-08-06",
        request_id="chatcmpl-DL3DDPif2s79HbOHySq6bVY8SAsKQ",
    ),
    "chat-qwen-max-minimal": Answer(
        text="Hello! How can I assist you ...",
        finish=STOP,
        tokens=(30, 148, None, 0),
        model="qwen-max",
        request_id="chatcmpl-62aa6045-cee9-995a-bbf5-e3b7e7f3d683",
    ),
    "chat-qwen235b-reasoning-no-details": Answer(
        text="Hello! 😊 How can I assist ...",
        reasoning='Okay, the user said "Hello". That\'s ...',
        finish=STOP,
        tokens=(13, 2187, None, None),
        model="qwen3-235b-a22b-thinking-2507",
        request_id="chatcmpl-af05df1d-5b72-925e-b3a9-437acbd89b1a",
    ),
    "chat-qwen35-omni-video": Answer(
        text="The scene features a vibrant and ...",
        finish=STOP,
        tokens=(3023, 226, None, None),
        usd=Decimal("0.0079415"),
        model="qwen3.5-omni-plus",
        request_id="chatcmpl-fdbc4409-fe7d-9877-ada0-e315cc499fd1",
    ),
    "chat-qwen36-reasoning": Answer(
        text="Hi! As an AI, I don't ...",
        reasoning="Here's a thinking process: 1. **Analyze ...",
        finish=STOP,
        tokens=(19, 880, 580, None),
        usd=Decimal("0.0041335"),
        model="qwen3.6-27b",
        request_id="chatcmpl-773a9843-4689-984d-9964-f3276e47c761",
    ),
    "chat-schema-example": Answer(
        text="Hello! I'm just a program, so ...",
        finish=STOP,
        tokens=(137, 914, None, None),
        usd=Decimal("0.06"),
        model="qwen-plus",
        request_id="chatcmpl-CQ9FPg3osank0dx0k46Z53LTqtXMl",
    ),
    "constructed-chat-audio": Answer(
        finish=STOP,
        tokens=(10, 6, None, None),
        model="qwen3.5-omni-plus",
        request_id="chatcmpl-x",
        extras={"audio": {"id": "audio_1", "data": "UklGRg==", "transcript": "Hello there", "expires_at": 1777058909}},
    ),
    "constructed-chat-logprobs": Answer(
        text="Hi",
        finish=STOP,
        tokens=(1, 1, None, None),
        model="qwen-max",
        request_id="chatcmpl-x",
        extras={
            "logprobs": {
                "content": [
                    {
                        "token": "Hi",
                        "logprob": -0.01,
                        "bytes": [72, 105],
                        "top_logprobs": [
                            {"token": "Hi", "logprob": -0.01, "bytes": [72, 105]},
                            {"token": "Yo", "logprob": -9999.0, "bytes": None},
                        ],
                    }
                ],
                "refusal": [],
            }
        },
    ),
    "constructed-chat-tool-calls": Answer(
        tool_calls=[["call_1", "toCelsius", '{"fahrenheit":256}']],
        finish=[("tool_calls", "tool_calls")],
        tokens=(50, 15, None, None),
        model="gpt-4o-2024-08-06",
        request_id="chatcmpl-x",
    ),
    "constructed-chat-url-citation": Answer(
        text="See here (example.com).",
        finish=STOP,
        tokens=(10, 6, None, None),
        model="gpt-4o-mini-search-preview",
        request_id="chatcmpl-x",
        extras={
            "annotations": [
                {
                    "type": "url_citation",
                    "url_citation": {
                        "start_index": 9,
                        "end_index": 22,
                        "title": "Example",
                        "url": "https://example.com/?utm_source=openai",
                    },
                }
            ]
        },
    ),
}

STREAMED = {
    # Reasoning used the whole budget: an answer without a word, and no error.
    "constructed-stream-length-empty": Answer(
        finish=[("length", "length")],
        tokens=(9, 512, 512, None),
        model="gpt-4o",
        request_id="chatcmpl-x",
    ),
    "constructed-stream-tool-calls": Answer(
        tool_calls=[["call_1", "toCelsius", '{"fahrenheit":256}']],
        finish=[("tool_calls", "tool_calls")],
        model="gpt-4o",
        request_id="chatcmpl-x",
    ),
    # Two finishing chunks; the usage of the first survives the null of the second.
    "stream-anthropic-after-2026-02-13": Answer(
        text="I find humanity fascinating in its complexity.?",
        finish=[("stop", "stop"), ("stop", "stop")],
        tokens=(16, 141, None, None),
        model="claude-opus-4-20250514",
        request_id="msg_017ah64LQxZE9JuScZ9KDKKz",
    ),
    "stream-openai-gpt4o": Answer(
        text="Hello.",
        finish=STOP,
        tokens=(16, 102, 0, 0),
        model="gpt-4o-2024-08-06",
        request_id="chatcmpl-DL2G9KdEY06xq8M0PqZ5rs5Jv13ok",
    ),
    "stream-qwen3-reasoning": Answer(
        text="Hello! How can I assist you today?",
        reasoning="Okay the me make sure to acknowledge ...",
        finish=STOP,
        tokens=(13, 2010, 82, None),
        model="qwen3-32b",
        request_id="chatcmpl-81964e30-1a7c-9668-b78c-a750587ec497",
    ),
}
STREAMS = [WIRE / f"{name}.sse" for name in STREAMED]


def test_every_recorded_answer_has_its_expectation() -> None:
    whole = [*WIRE.glob("chat-*.json"), *WIRE.glob("constructed-chat-*.json")]

    assert {path.stem for path in whole} == set(WHOLE)
    assert {path.stem for path in WIRE.glob("*.sse")} == set(STREAMED)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer(name: str) -> None:
    assert gather(GATEWAY.read_answer((WIRE / f"{name}.json").read_bytes())) == WHOLE[name]


@pytest.mark.parametrize("name", STREAMED)
def test_a_streamed_answer(name: str) -> None:
    assert gather(streamed(GATEWAY, (WIRE / f"{name}.sse").read_bytes())) == STREAMED[name]


@pytest.mark.parametrize("name", WHOLE)
def test_only_the_gateway_s_own_dialect_reads_its_price(name: str) -> None:
    assert gather(DIALECTS["openai"].read_answer((WIRE / f"{name}.json").read_bytes())).usd is None


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_says_who_answered_first_and_reasons_before_it_speaks(name: str) -> None:
    names = [type(event).__name__ for event in GATEWAY.read_answer((WIRE / f"{name}.json").read_bytes())]
    spoken = [name for name in names if name in {"ReasoningDelta", "TextDelta"}]

    assert names[0] == "Served"
    assert spoken == sorted(spoken)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_cut_at_any_byte_changes_nothing(path: Path, ending: bytes) -> None:
    written = path.read_bytes().replace(b"\n", ending)
    expected = streamed(GATEWAY, path.read_bytes())

    for cut in range(len(written)):
        assert streamed(GATEWAY, written[:cut], written[cut:]) == expected


@given(st.sampled_from(STREAMS), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
def test_many_cuts_change_nothing(path: Path, ending: bytes, data: st.DataObject) -> None:
    written = path.read_bytes().replace(b"\n", ending)

    assert streamed(GATEWAY, *data.draw(pieces(written))) == streamed(GATEWAY, path.read_bytes())


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_every_recorded_stream_was_seen_to_end(path: Path) -> None:
    reader = GATEWAY.stream_reader()
    for line in path.read_text().splitlines():
        reader.feed(line.removeprefix("data: "))

    assert reader.saw_end


def test_the_recorded_list_of_models() -> None:
    [chat, image, video] = GATEWAY.read_model_list((WIRE / "models-items-chat-image-video.json").read_bytes())

    assert chat.pop("features")[:2] == ["openai/chat-completion", "openai/response-api"]
    assert chat == {
        "id": "o3-mini",
        "name": "o3 mini",
        "developer": "Open AI",
        "type": "chat",
        "context_length": 200000,
        "max_output_tokens": 100000,
    }
    assert image == {
        "id": "flux/kontext-max/text-to-image",
        "name": "Flux Kontext Max",
        "developer": "Flux",
        "type": "image",
        "features": [],
    }
    assert video["type"] == "video"
