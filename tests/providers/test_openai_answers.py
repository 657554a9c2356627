"""Answers as servers really give them: a chunk, or a message, for each oddity."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.errors import Broken, ProviderError, Refused
from providers.events import (
    Event,
    Extra,
    Finished,
    FinishReason,
    ReasoningDelta,
    Refusal,
    Served,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from tests.providers.hostile import anything as any_json
from tests.providers.hostile import assert_can_be_stored, loose, thoroughly

OPENAI = DIALECTS["openai"]


def chunk(delta: Any = None, **choice: Any) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, **choice}]})


def read(*chunks: str) -> list[Event]:
    reader = OPENAI.stream_reader()
    return [event for data in chunks for event in reader.feed(data)] + reader.close()


def read_whole(message: Any, **answer: Any) -> list[Event]:
    return OPENAI.read_answer(json.dumps({"choices": [{"message": message}], **answer}).encode())


@pytest.mark.parametrize(
    ("delta", "events"),
    [
        ({"content": "Hi"}, [TextDelta("Hi")]),
        ({"role": "assistant", "content": ""}, []),
        ({"content": None}, []),
        ({}, []),
        (None, []),
        ([], []),
        ({"content": 7}, []),
        ({"content": ["Hi", {"type": "text", "text": " there"}, 7]}, [TextDelta("Hi"), TextDelta(" there")]),
        ({"content": [{"type": "thinking", "thinking": "Hm"}]}, [ReasoningDelta("Hm")]),
        ({"content": [{"type": "thinking", "thinking": [{"text": "Hm"}]}]}, [ReasoningDelta("Hm")]),
        ({"content": [{"type": "image", "url": "x"}]}, [Extra("content", [{"type": "image", "url": "x"}])]),
        ({"refusal": "No."}, [Refusal("No.")]),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, [Refusal("No.")]),
        ({"annotations": [], "audio": None, "encrypted_content": ""}, []),
        ({"encrypted_content": "b64"}, [Extra("encrypted_content", "b64")]),
    ],
)
def test_a_delta(delta: Any, events: list[Event]) -> None:
    assert read(chunk(delta)) == events


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm", "content": None},
        {"reasoning": "Hm"},
        {"reasoning_content": None, "reasoning": "Hm"},
        {"reasoning_content": "Hm", "reasoning": "Hm"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm", "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}]},
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
    ],
)
def test_reasoning_is_found_in_each_of_its_places_and_once(delta: Any) -> None:
    assert read(chunk(delta)) == [ReasoningDelta("Hm")]
    assert read_whole(delta) == [ReasoningDelta("Hm")]


def test_opaque_reasoning_is_kept_and_not_shown() -> None:
    blob = {"type": "reasoning.encrypted", "data": "b64", "format": "google-gemini-v1", "index": 0}

    assert read(chunk({"reasoning": "Hm", "reasoning_details": [blob]})) == [
        ReasoningDelta("Hm"),
        Extra("reasoning_details", [blob]),
    ]


@given(
    st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {"content": st.text() | st.none() | st.integers()},
                optional={"role": st.just("assistant"), "reasoning": st.text()},
            ),
            any_json(),
        )
    ),
    st.sampled_from([None, "stop", 1]),
)
def test_a_plain_chunk_says_what_it_says_among_other_things(deltas: list[Any], ended: Any) -> None:
    plain, reference = OPENAI.stream_reader(), OPENAI.stream_reader()
    for number, delta in enumerate(deltas):
        reason = ended if number == len(deltas) - 1 else None
        said = {"id": "c-1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        among_others = {**said, "something": "nobody reads"}

        assert plain.feed(json.dumps(said)) == reference.feed(json.dumps(among_others))
        assert plain.saw_end == reference.saw_end
    assert plain.close() == reference.close()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("STOP", FinishReason.STOP),
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("function_call", FinishReason.TOOL_CALLS),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("sensitive", FinishReason.OTHER),
    ],
)
def test_the_finish_reason_in_our_words_and_in_theirs(raw: str, reason: FinishReason) -> None:
    assert read(chunk({}, finish_reason=raw)) == [Finished(reason, raw)]


@pytest.mark.parametrize("unsaid", [None, "", 0, False, {}, ["stop"]])
def test_no_finish_reason(unsaid: Any) -> None:
    reader = OPENAI.stream_reader()

    assert reader.feed(chunk({"content": "Hi"}, finish_reason=unsaid)) == [TextDelta("Hi")]
    assert not reader.saw_end


def test_a_stream_ends_with_a_finish_reason_or_with_the_end_mark() -> None:
    finished, marked, cut = (OPENAI.stream_reader() for _ in range(3))
    for reader in (finished, marked, cut):
        reader.feed(chunk({"content": "Hi"}))
    finished.feed(chunk({}, finish_reason="stop"))
    marked.feed(" [DONE] ")

    assert (finished.saw_end, marked.saw_end, cut.saw_end) == (True, True, False)
    assert (finished.is_over, marked.is_over, cut.is_over) == (False, True, False)


def test_what_follows_the_end_mark_does_not_count() -> None:
    assert read(chunk({"content": "Hi"}), "[DONE]", chunk({"content": "!"}), "[DONE]", "nonsense") == [TextDelta("Hi")]


def test_text_after_a_finish_reason_counts() -> None:
    # Some servers send a finish reason with every chunk.
    both = [chunk({"content": text}, finish_reason="stop") for text in ("Hi", "!")]

    assert [event for event in read(*both) if isinstance(event, TextDelta)] == [TextDelta("Hi"), TextDelta("!")]


def test_several_answers_are_kept_apart_and_all_must_end() -> None:
    reader = OPENAI.stream_reader()

    assert reader.feed(
        json.dumps({"choices": [{"index": 1, "delta": {"content": "B"}}, {"index": 0, "delta": {"content": "A"}}]})
    ) == [TextDelta("B", 1), TextDelta("A", 0)]
    reader.feed(chunk({}, finish_reason="stop"))
    assert not reader.saw_end
    reader.feed(json.dumps({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}))
    assert reader.saw_end


@pytest.mark.parametrize("index", [None, "1", -1, True, 10**9, 1.5])
def test_an_answer_without_a_usable_number_has_that_of_its_place(index: Any) -> None:
    choices = [{"index": index, "delta": {"content": text}} for text in "AB"]

    assert read(json.dumps({"choices": choices})) == [TextDelta("A", 0), TextDelta("B", 1)]


def test_who_answered_is_said_once_and_an_empty_id_does_not_undo_it() -> None:
    first, later = (json.dumps({"id": id_, "model": "m", "choices": []}) for id_ in ("msg_1", ""))

    assert read(first, later, later) == [Served("m", "msg_1")]


def test_who_answered_is_said_as_soon_as_it_is_known() -> None:
    chunks = [{"id": "", "model": ""}, {"id": "msg_1"}, {"id": "msg_2", "model": "m"}, {"model": "n"}]

    assert read(*map(json.dumps, chunks)) == [Served("", "msg_1"), Served("m", "msg_1")]


def test_a_very_long_name_is_cut_to_what_can_be_stored() -> None:
    assert read(json.dumps({"model": "m" * 1000, "id": "i" * 1000})) == [Served("m" * 200, "i" * 200)]


def test_tool_calls_are_joined_by_their_number() -> None:
    def calls(*items: Any) -> str:
        return chunk({"tool_calls": list(items)})

    assert read(
        calls({"index": 1, "id": "b", "function": {"name": "time", "arguments": ""}}),
        calls({"index": 0, "id": "a", "function": {"name": "weather", "arguments": '{"in":'}}),
        calls({"index": 0, "function": {"arguments": ' "Oslo"}'}}, {"index": 1, "function": {"arguments": "{}"}}),
        calls({"index": 0, "id": "", "function": {"name": None, "arguments": None}}, {}, None),
    ) == [
        ToolCallDelta(1, "b", "time"),
        ToolCallDelta(0, "a", "weather", '{"in":'),
        ToolCallDelta(0, arguments=' "Oslo"}'),
        ToolCallDelta(1, arguments="{}"),
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"tool_calls": [{"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]},
        {"tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}]},
        {"tool_calls": [{"type": "custom", "custom": {"name": "add", "input": '{"a": 1}'}}]},
        {"tool_calls": None, "function_call": {"name": "add", "arguments": '{"a": 1}'}},
    ],
    ids=["text", "object", "custom", "the old form"],
)
def test_each_form_of_a_tool_call(message: Any) -> None:
    assert read_whole(message) == [ToolCallDelta(0, name="add", arguments='{"a": 1}')]


def test_a_character_cut_between_two_chunks_is_joined() -> None:
    cut = [r'{"choices":[{"delta":{"content":"a\ud83d"}}]}', r'{"choices":[{"delta":{"content":"\ude00b"}}]}']

    assert read(*cut) == [TextDelta("a"), TextDelta("😀b")]


def test_the_end_mark_gives_what_was_held_back() -> None:
    reader = OPENAI.stream_reader()

    assert reader.feed(r'{"choices":[{"delta":{"content":"a\ud83d"}}]}') == [TextDelta("a")]
    assert reader.feed("[DONE]") == [TextDelta("\ufffd")]
    assert reader.close() == []


def test_halves_of_different_texts_do_not_meet() -> None:
    events = read(
        r'{"choices":[{"delta":{"content":"a\ud83d"}}]}',
        r'{"choices":[{"delta":{"reasoning":"\ude00b"}}]}',
        r'{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"\ud83d"}}]}}]}',
    )

    assert events == [
        TextDelta("a"),
        ReasoningDelta("\ufffdb"),
        TextDelta("\ufffd"),
        ToolCallDelta(0, arguments="\ufffd"),
    ]


def test_lone_halves_are_replaced_and_nul_is_removed() -> None:
    assert read(r'{"choices":[{"delta":{"content":"a\udc00b\u0000c\ud800d"}}]}') == [TextDelta("a\ufffdbc\ufffdd")]
    assert read('{"choices":[{"delta":{"content":"a\x00b"}}]}') == [TextDelta("ab")]


@pytest.mark.parametrize("data", ["{", '{"choices":', "nonsense", "[" * 100_000, "{}{}", '"text"', "[]", "null", "7"])
def test_what_is_no_chunk_is_a_protocol_error(data: str) -> None:
    with pytest.raises(Broken) as broken:
        read(data)

    assert broken.value.kind.name == "protocol_error"


@pytest.mark.parametrize("data", ["", " ", "{}", '{"choices":null}', '{"choices":[null, 7]}', '{"error":null}'])
def test_what_says_nothing_is_passed_over(data: str) -> None:
    assert read(data, chunk({"content": "Hi"})) == [TextDelta("Hi")]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Slow down", "code": 429}, "rate_limited"),
        ({"message": "Slow down", "code": "rate_limit_exceeded"}, "rate_limited"),
        ({"message": "Overloaded", "type": "overloaded_error"}, "overloaded"),
        ({"message": "Add credits", "code": 402}, "out_of_credit"),
        ({"message": "You exceeded your quota", "type": "insufficient_quota"}, "out_of_credit"),
        ({"message": "Bad key", "code": "invalid_api_key"}, "key_rejected"),
        ({"message": "maximum context length is 8192 tokens", "type": "invalid_request_error"}, "too_long"),
        ({"message": "temperature must be below 2", "type": "invalid_request_error"}, "bad_request"),
        ({"message": "The server had an error", "type": "server_error"}, "provider_error"),
        ({"code": 502}, "provider_error"),
        ("something broke", "provider_error"),
        (True, "provider_error"),
        ([{"message": "Overloaded"}], "overloaded"),
    ],
)
def test_an_error_instead_of_an_answer(error: Any, kind: str) -> None:
    with pytest.raises(Refused) as streamed:
        read(json.dumps({"error": error}))
    with pytest.raises(Refused) as whole:
        OPENAI.read_answer(json.dumps({"error": error}).encode())

    assert streamed.value.kind.name == whole.value.kind.name == kind


def test_an_error_in_the_middle_may_have_been_charged_whatever_it_says() -> None:
    with pytest.raises(Broken) as broken:
        read(chunk({"content": "Hi"}), json.dumps({"error": {"message": "Slow down", "code": 429}}))

    assert broken.value.kind.name == "provider_error"
    assert broken.value.detail == "Slow down"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "protocol_error"),
        (b"OK", "protocol_error"),
        (b"[]", "protocol_error"),
        (b"{}", "protocol_error"),
        (b'{"choices":[]}', "protocol_error"),
        (b'{"choices":"none"}', "protocol_error"),
        (b"\n <!DOCTYPE html><title>Sign in</title>", "not_an_api"),
        (b"<html><body>Sign in</body></html>", "not_an_api"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(Broken) as broken:
        OPENAI.read_answer(body)

    assert broken.value.kind.name == kind


def test_a_byte_order_mark_before_an_answer() -> None:
    assert OPENAI.read_answer(b'\xef\xbb\xbf{"choices":[{"message":{"content":"Hi"}}]}') == [TextDelta("Hi")]


def test_the_last_usage_that_is_not_null_stands() -> None:
    usages = [{"usage": {"prompt_tokens": 1}}, {"usage": None}, {"usage": {"prompt_tokens": 2}}, {"usage": {}}, {}]

    assert read(*map(json.dumps, usages)) == [
        Usage(prompt_tokens=1, raw={"prompt_tokens": 1}),
        Usage(prompt_tokens=2, raw={"prompt_tokens": 2}),
    ]


def test_usage_may_be_part_of_a_choice() -> None:
    assert read(chunk({}, usage={"prompt_tokens": 1})) == [Usage(prompt_tokens=1, raw={"prompt_tokens": 1})]


anything = any_json("stop", "text", "thinking", "reasoning.text")
parts = st.lists(loose(type=anything, text=anything, thinking=anything, summary=anything), max_size=2)
calls = st.lists(
    loose(index=anything, id=anything, function=loose(name=anything, arguments=anything), custom=anything), max_size=2
)
messages = loose(
    content=parts,
    reasoning_content=anything,
    reasoning=anything,
    reasoning_details=parts,
    refusal=anything,
    tool_calls=calls,
    function_call=anything,
    annotations=anything,
    audio=anything,
)
choices = loose(index=anything, delta=messages, message=messages, finish_reason=anything, logprobs=anything)
usages = loose(
    prompt_tokens=anything,
    completion_tokens=anything,
    total_tokens=anything,
    completion_tokens_details=loose(reasoning_tokens=anything),
    prompt_tokens_details=loose(cached_tokens=anything),
)
answers = loose(
    id=anything,
    model=anything,
    choices=st.lists(choices, max_size=2),
    usage=usages,
    meta=loose(usage=loose(usd_spent=anything, credits_used=anything, tokens_used=anything)),
)
errors = loose(error=loose(message=anything, code=anything, type=anything, metadata=anything))


@thoroughly
@given(st.lists(answers | errors, max_size=5), st.sampled_from(sorted(DIALECTS)))
def test_no_json_is_a_mistake_of_ours_and_all_that_is_kept_can_be_stored(chunks: list[Any], name: str) -> None:
    dialect = DIALECTS[name]
    reader = dialect.stream_reader()
    events: list[Event] = []
    for value in chunks:
        written = json.dumps(value)
        with suppress(ProviderError):
            events += reader.feed(written)
        with suppress(ProviderError):
            events += dialect.read_answer(written.encode())
    events += reader.close()

    assert_can_be_stored(events)
