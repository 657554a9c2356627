"""Anthropic's answers, from bytes: every sample in tests/wire/anthropic, and what servers may do besides."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.errors import Broken, Charge, ProviderError, Refused
from providers.events import Event, Extra, Finished, FinishReason, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from tests.providers.answers import Answer, gather, streamed
from tests.providers.cuts import pieces
from tests.providers.hostile import anything as any_json
from tests.providers.hostile import assert_can_be_stored, loose, thoroughly

WIRE = Path(__file__).parent.parent / "wire" / "anthropic"
ANTHROPIC = DIALECTS["anthropic"]
MODEL = "claude-sonnet-4-5-20250929"
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "example"}}

STREAMED = {
    "stream-text": Answer(
        text="Grüße, 世界!", finish=[("stop", "end_turn")], tokens=(25, 15, None, 0), request_id="msg_text"
    ),
    # The prompt is what was new, what went into the cache and what came from it.
    "stream-thinking": Answer(
        text="Hello!",
        reasoning="The person greets me.\n\nSo do I.",
        finish=[("stop", "end_turn")],
        tokens=(1007, 120, 90, 1000),
        request_id="msg_thinking",
        extras={"thinking": {"type": "thinking", "thinking": "So do I.", "signature": "ErUBKkYI"}},
    ),
    "stream-tools": Answer(
        text="I look it up.",
        tool_calls=[["toolu_1", "get_weather", '{"location": "Zürich"}'], ["toolu_2", "get_time", "{}"]],
        finish=[("tool_calls", "tool_use")],
        tokens=(25, 89, None, 0),
        request_id="msg_tools",
    ),
    "stream-web-search": Answer(
        text="It is an example.",
        finish=[("stop", "end_turn")],
        tokens=(2679, 110, None, 0),
        request_id="msg_search",
        extras={
            "content": {
                "type": "web_search_tool_result",
                "tool_use_id": "srvtoolu_1",
                "content": [
                    {
                        "type": "web_search_result",
                        "title": "Example",
                        "url": "https://example.com/",
                        "encrypted_content": "EqgfCioI",
                        "page_age": None,
                    }
                ],
            },
            "citations": [
                {
                    "type": "web_search_result_location",
                    "cited_text": "Example",
                    "url": "https://example.com/",
                    "title": "Example",
                    "encrypted_index": "Eo8BCioI",
                }
            ],
        },
    ),
    # The counts of the beginning survive the null of the end.
    "stream-stop-sequence-null-usage": Answer(
        text="one, two",
        finish=[("stop", "stop_sequence")],
        tokens=(25, 6, None, 0),
        request_id="msg_stop",
        extras={"stop_sequence": ", three"},
    ),
    "stream-refusal": Answer(
        refusal="This is against the usage policy.",
        finish=[("content_filter", "refusal")],
        tokens=(25, 4, None, 0),
        request_id="msg_refusal",
    ),
    # The limit was used up by thinking, which nobody signed.
    "stream-max-tokens": Answer(
        reasoning="Let me think",
        finish=[("length", "max_tokens")],
        tokens=(25, 1024, None, 0),
        request_id="msg_max",
    ),
}
WHOLE = {
    "message-text": Answer(
        text="Hello!", finish=[("stop", "end_turn")], tokens=(12, 6, None, 0), request_id="msg_whole"
    ),
    "message-thinking-tools": Answer(
        text="I look it up.",
        reasoning="A look at the sky.",
        tool_calls=[["toolu_1", "get_weather", '{"location": "Zürich"}']],
        finish=[("tool_calls", "tool_use")],
        tokens=(400, 89, None, None),
        request_id="msg_whole_tools",
        extras={"thinking": {"type": "thinking", "thinking": "A look at the sky.", "signature": "EqQBCgIYAhIM"}},
    ),
}
BROKEN = {"stream-overloaded", "stream-cut"}
STREAMS = [WIRE / f"{name}.sse" for name in STREAMED]


def read(*said: Any) -> list[Event]:
    reader = ANTHROPIC.stream_reader()
    return [event for piece in said for event in reader.feed(json.dumps(piece))] + reader.close()


def begin(block: Any, index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def add(index: int = 0, **delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def end(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def test_every_sample_has_its_expectation() -> None:
    assert {path.stem for path in WIRE.glob("*.sse")} == STREAMED.keys() | BROKEN
    assert {path.stem for path in WIRE.glob("message-*.json")} == WHOLE.keys()


@pytest.mark.parametrize("name", STREAMED)
def test_a_streamed_answer(name: str) -> None:
    answer = gather(streamed(ANTHROPIC, (WIRE / f"{name}.sse").read_bytes()))

    assert answer.model == MODEL
    answer.model = ""
    assert answer == STREAMED[name]


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer(name: str) -> None:
    answer = gather(ANTHROPIC.read_answer((WIRE / f"{name}.json").read_bytes()))

    assert answer.model == MODEL
    answer.model = ""
    assert answer == WHOLE[name]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_cut_at_any_byte_changes_nothing(path: Path, ending: bytes) -> None:
    written = path.read_bytes().replace(b"\n", ending)
    expected = streamed(ANTHROPIC, path.read_bytes())

    for cut in range(len(written)):
        assert streamed(ANTHROPIC, written[:cut], written[cut:]) == expected


@given(st.sampled_from(STREAMS), st.data())
def test_many_cuts_change_nothing(path: Path, data: st.DataObject) -> None:
    written = path.read_bytes()

    assert streamed(ANTHROPIC, *data.draw(pieces(written))) == streamed(ANTHROPIC, written)


def test_what_has_to_go_back_is_kept_whole_and_in_order() -> None:
    events = streamed(ANTHROPIC, (WIRE / "stream-thinking.sse").read_bytes())

    assert [event.value for event in events if isinstance(event, Extra) and event.name == "thinking"] == [
        {"type": "thinking", "thinking": "The person greets me.", "signature": "EqQBCgIYAhIM"},
        {"type": "redacted_thinking", "data": "EmwKAhgBEgy3"},
        {"type": "thinking", "thinking": "So do I.", "signature": "ErUBKkYI"},
    ]


def test_what_the_provider_did_itself_is_kept_and_is_no_call_to_answer() -> None:
    events = streamed(ANTHROPIC, (WIRE / "stream-web-search.sse").read_bytes())

    kept = [event.value for event in events if isinstance(event, Extra) and event.name == "content"]
    assert kept[0] == SEARCH
    assert not any(isinstance(event, ToolCallDelta) for event in events)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("pause_turn", FinishReason.OTHER),
        ("something_new", FinishReason.OTHER),
    ],
)
def test_the_stop_reason_in_our_words_and_in_theirs(raw: str, reason: FinishReason) -> None:
    whole = json.dumps({"content": [], "stop_reason": raw}).encode()

    assert read({"type": "message_delta", "delta": {"stop_reason": raw}}) == [Finished(reason, raw)]
    assert ANTHROPIC.read_answer(whole) == [Finished(reason, raw)]


@pytest.mark.parametrize(
    ("name", "saw_end", "is_over"), [("stream-text", True, True), ("stream-cut", False, False)], ids=["whole", "cut"]
)
def test_an_answer_ends_with_its_stop_reason_or_with_the_end_of_the_message(
    name: str, saw_end: bool, is_over: bool
) -> None:
    reader = ANTHROPIC.stream_reader()
    for line in (WIRE / f"{name}.sse").read_text().splitlines():
        if line.startswith("data: "):
            reader.feed(line.removeprefix("data: "))

    assert (reader.saw_end, reader.is_over) == (saw_end, is_over)


@pytest.mark.parametrize(
    "said",
    [
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ],
    ids=["stop reason", "message_stop"],
)
def test_one_sign_of_the_end_is_enough(said: Any) -> None:
    reader = ANTHROPIC.stream_reader()
    reader.feed(json.dumps(add(type="text_delta", text="Hi")))
    assert not reader.saw_end

    reader.feed(json.dumps(said))

    assert reader.saw_end


@pytest.mark.parametrize("end_mark", ['{"type": "message_stop"}', "[DONE]"])
def test_what_follows_the_end_does_not_count(end_mark: str) -> None:
    reader = ANTHROPIC.stream_reader()
    reader.feed(end_mark)

    assert reader.feed(json.dumps(add(type="text_delta", text="Hi"))) == reader.feed("nonsense") == []


def test_the_count_of_an_answer_that_has_just_begun_is_no_count() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}}

    [usage] = read(start)

    assert isinstance(usage, Usage)
    assert (usage.prompt_tokens, usage.output_tokens) == (25, None)


@pytest.mark.parametrize("later", [{}, {"input_tokens": None}, {"input_tokens": 0}, {"output_tokens": None}, None])
def test_usage_is_never_overwritten_by_nothing(later: Any) -> None:
    events = read(
        {"type": "message_start", "message": {"usage": {"input_tokens": 25, "output_tokens": 1}}},
        add(type="text_delta", text="Hi"),
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 7}},
        {"type": "message_delta", "delta": {}, "usage": later},
    )

    assert gather(events).tokens == (25, 7, None, None)


@pytest.mark.parametrize("count", [-1, 1.5, "25", True, 10**12, [], {}])
def test_counts_are_believed_only_where_they_can_be_true(count: Any) -> None:
    usage = {"input_tokens": count, "output_tokens": count, "cache_read_input_tokens": count}

    events = ANTHROPIC.read_answer(json.dumps({"content": [], "usage": usage}).encode())

    assert gather(events).tokens == (None, None, None, None)


@pytest.mark.parametrize(
    ("said", "events"),
    [
        ([begin({"type": "text", "text": "Hi"})], [TextDelta("Hi")]),
        ([add(type="text_delta", text="Hi")], [TextDelta("Hi")]),
        ([add(type="text_delta", text=7), add(type="text_delta"), add()], []),
        ([add(type="something_new", text="Hi")], []),
        ([{"type": "something_new"}, {"type": "ping"}, {}, {"type": 7}], []),
        ([begin({"type": "thinking", "thinking": "Hm"})], [ReasoningDelta("Hm")]),
        ([begin({"type": "tool_use", "id": "t", "name": "add"})], [ToolCallDelta(0, "t", "add")]),
        # Some servers that translate into this dialect have the arguments at once, and never end a block.
        (
            [begin({"type": "tool_use", "id": "t", "name": "add", "input": {"a": 1}}), {"type": "message_stop"}],
            [ToolCallDelta(0, "t", "add"), ToolCallDelta(0, arguments='{"a": 1}')],
        ),
        ([begin({"type": "something_new", "x": 1}), end()], [Extra("content", {"type": "something_new", "x": 1})]),
        ([begin(None), end(), end(7)], []),
    ],
)
def test_a_piece(said: list[Any], events: list[Event]) -> None:
    assert read(*said) == events


def test_tool_calls_are_counted_without_the_blocks_between_them() -> None:
    events = read(
        begin({"type": "text", "text": "One"}, 0),
        begin({"type": "tool_use", "id": "a", "name": "one"}, 1),
        begin({"type": "text", "text": "Two"}, 2),
        begin({"type": "tool_use", "id": "b", "name": "two"}, 3),
        add(3, type="input_json_delta", partial_json="{}"),
        add(1, type="input_json_delta", partial_json='{"a":1}'),
    )

    assert gather(events).tool_calls == [["a", "one", '{"a":1}'], ["b", "two", "{}"]]


def test_a_character_cut_between_two_pieces_is_joined() -> None:
    reader = ANTHROPIC.stream_reader()
    cut = [
        r'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\ud83d"}}',
        r'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ude00b\ud83d"}}',
    ]

    assert [event for data in cut for event in reader.feed(data)] + reader.close() == [
        TextDelta("a"),
        TextDelta("😀b"),
        TextDelta("\ufffd"),
    ]


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        (400, "invalid_request_error", "max_tokens: Field required", "bad_request"),
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", "too_long"),
        (400, "invalid_request_error", "Your credit balance is too low to access the API.", "out_of_credit"),
        (400, "invalid_request_error", "You have reached your specified API usage limits.", "out_of_credit"),
        (401, "authentication_error", "invalid x-api-key", "key_rejected"),
        (402, "billing_error", "There is an issue with your payment.", "out_of_credit"),
        (403, "permission_error", "Your key may not use this.", "not_allowed"),
        (404, "not_found_error", "model: claude-nope", "model_not_found"),
        (413, "request_too_large", "Request exceeds the maximum size", "too_long"),
        (429, "rate_limit_error", "This request would exceed your rate limit", "rate_limited"),
        (500, "api_error", "Internal server error", "provider_error"),
        (504, "timeout_error", "The request timed out", "provider_error"),
        (529, "overloaded_error", "Overloaded", "overloaded"),
    ],
)
def test_an_error_by_its_status_and_by_its_type(status: int, kind: str, message: str, expected: str) -> None:
    said = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    body = json.dumps(said).encode()

    error = ANTHROPIC.error(status, {"request-id": "req_1", "cf-ray": "8f-AMS"}, body)
    with pytest.raises(Refused) as in_a_stream:
        read(said)
    with pytest.raises(Refused) as in_an_answer:
        ANTHROPIC.read_answer(body)

    assert (error.kind.name, error.detail, error.status, error.request_id) == (expected, message, status, "req_1")
    assert in_a_stream.value.kind.name == in_an_answer.value.kind.name == expected


def test_an_error_after_the_answer_began_may_have_been_charged() -> None:
    with pytest.raises(Broken) as broken:
        streamed(ANTHROPIC, (WIRE / "stream-overloaded.sse").read_bytes())

    assert (broken.value.kind.name, broken.value.detail) == ("provider_error", "Overloaded")
    assert broken.value.kind.charge is Charge.MAYBE
    assert broken.value.request_id == "msg_broken"


def test_thinking_that_is_not_shown_counts_as_a_beginning() -> None:
    reader = ANTHROPIC.stream_reader()
    reader.feed(json.dumps(begin({"type": "redacted_thinking", "data": "b64"})))

    with pytest.raises(Broken):
        reader.feed('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')


@pytest.mark.parametrize("data", ["{", "nonsense", "[]", "7", "null", '"text"', "{}{}"])
def test_what_is_no_event_is_a_protocol_error(data: str) -> None:
    with pytest.raises(Broken, match="protocol_error"):
        ANTHROPIC.stream_reader().feed(data)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "protocol_error"),
        (b"[]", "protocol_error"),
        (b"{}", "protocol_error"),
        (b'{"content":"text"}', "protocol_error"),
        (b'{"choices":[{"message":{"content":"Hi"}}]}', "protocol_error"),
        (b"<html><body>Sign in</body></html>", "not_an_api"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(Broken) as broken:
        ANTHROPIC.read_answer(body)

    assert broken.value.kind.name == kind


anything = any_json("text", "thinking", "tool_use", "redacted_thinking", "end_turn")
kinds = st.sampled_from(["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "image"])
blocks = loose(type=kinds, text=anything, thinking=anything, signature=anything, id=anything, name=anything)
deltas = loose(
    type=st.sampled_from(["text_delta", "thinking_delta", "signature_delta", "input_json_delta", "citations_delta"]),
    text=anything,
    thinking=anything,
    signature=anything,
    partial_json=anything,
    citation=anything,
    stop_reason=anything,
    stop_details=anything,
    stop_sequence=anything,
)
usages = loose(input_tokens=anything, output_tokens=anything, output_tokens_details=anything)
messages = loose(
    id=anything,
    model=anything,
    content=st.lists(blocks, max_size=2),
    stop_reason=anything,
    usage=usages,
    error=anything,
)
said = loose(
    type=st.sampled_from(
        ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"]
    ),
    index=anything | st.integers(0, 2),
    message=messages,
    content_block=blocks,
    delta=deltas,
    usage=usages,
)


@thoroughly
@given(st.lists(said | messages, max_size=5))
def test_no_json_is_a_mistake_of_ours_and_all_that_is_kept_can_be_stored(values: list[Any]) -> None:
    reader = ANTHROPIC.stream_reader()
    events: list[Event] = []
    for value in values:
        written = json.dumps(value)
        with suppress(ProviderError):
            events += reader.feed(written)
        with suppress(ProviderError):
            events += ANTHROPIC.read_answer(written.encode())
    events += reader.close()

    assert_can_be_stored(events)
