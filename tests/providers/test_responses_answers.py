"""The answers of OpenAI's Responses, from bytes: every sample in tests/wire/responses, and what servers leave out."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.errors import Broken, Charge, ProviderError, Refused
from providers.events import Event, Extra, Finished, FinishReason, ReasoningDelta, Refusal, TextDelta, ToolCallDelta
from tests.providers.answers import Answer, gather, streamed
from tests.providers.cuts import pieces
from tests.providers.hostile import anything as any_json
from tests.providers.hostile import assert_can_be_stored, loose, thoroughly

WIRE = Path(__file__).parent.parent / "wire" / "responses"
RESPONSES = DIALECTS["responses"]
MODEL = "gpt-5-mini-2025-08-07"
CALLS = [["call_1", "get_weather", '{"location":"Zürich"}'], ["call_2", "get_time", "{}"]]
REASONING = "**Greeting**\n\nThe person greets.\n\n**Answering**\n\nSo do I."
SEALED = {
    "reasoning_items": {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [
            {"type": "summary_text", "text": "**Greeting**\n\nThe person greets."},
            {"type": "summary_text", "text": "**Answering**\n\nSo do I."},
        ],
        "encrypted_content": "gAAAAABo",
    }
}
TOKENS = (37, 11, 0, 0)
COMPLETED = [("stop", "completed")]

STREAMED = {
    "stream-text": Answer(text="Grüße, 世界!", finish=COMPLETED, tokens=TOKENS, request_id="resp_text"),
    "stream-reasoning": Answer(
        text="Hello!",
        reasoning=REASONING,
        finish=COMPLETED,
        tokens=(37, 200, 192, 32),
        request_id="resp_reasoning",
        extras=SEALED,
    ),
    "stream-tools": Answer(
        tool_calls=CALLS, finish=[("tool_calls", "completed")], tokens=TOKENS, request_id="resp_tools"
    ),
    # Reasoning used up the limit: an answer without a word, and no error.
    "stream-incomplete": Answer(
        finish=[("length", "max_output_tokens")], tokens=(37, 64, 64, 0), request_id="resp_incomplete"
    ),
    "stream-refusal": Answer(
        refusal="I'm sorry, I cannot.", finish=COMPLETED, tokens=TOKENS, request_id="resp_refusal"
    ),
    "stream-web-search": Answer(
        text="Example.",
        finish=COMPLETED,
        tokens=TOKENS,
        request_id="resp_search",
        extras={
            "output": {
                "id": "ws_1",
                "type": "web_search_call",
                "status": "completed",
                "action": {"type": "search", "query": "example"},
            },
            "annotations": [
                {
                    "type": "url_citation",
                    "start_index": 0,
                    "end_index": 7,
                    "url": "https://example.com/",
                    "title": "Example",
                }
            ],
        },
    ),
    # No pieces at all, and an end mark that is not of this dialect.
    "stream-only-the-end": Answer(text="Hello!", finish=COMPLETED, tokens=TOKENS, request_id="resp_end"),
}
WHOLE = {
    "response-text": Answer(text="Hello!", finish=COMPLETED, tokens=TOKENS, request_id="resp_whole"),
    "response-tools": Answer(
        reasoning=REASONING,
        tool_calls=CALLS,
        finish=[("tool_calls", "completed")],
        tokens=(37, 11, None, 0),
        request_id="resp_whole_tools",
        extras=SEALED,
    ),
}
BROKEN = {"stream-failed", "stream-error", "stream-cut"}
STREAMS = [WIRE / f"{name}.sse" for name in STREAMED]


def read(*said: Any) -> list[Event]:
    reader = RESPONSES.stream_reader()
    return [event for piece in said for event in reader.feed(json.dumps(piece))] + reader.close()


def read_whole(*items: Any, **answer: Any) -> list[Event]:
    return RESPONSES.read_answer(json.dumps({"output": items, **answer}).encode())


def test_every_sample_has_its_expectation() -> None:
    assert {path.stem for path in WIRE.glob("*.sse")} == STREAMED.keys() | BROKEN
    assert {path.stem for path in WIRE.glob("response-*.json")} == WHOLE.keys()


@pytest.mark.parametrize("name", STREAMED)
def test_a_streamed_answer(name: str) -> None:
    answer = gather(streamed(RESPONSES, (WIRE / f"{name}.sse").read_bytes()))

    assert answer.model == MODEL
    answer.model = ""
    assert answer == STREAMED[name]


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer(name: str) -> None:
    answer = gather(RESPONSES.read_answer((WIRE / f"{name}.json").read_bytes()))

    assert answer.model == MODEL
    answer.model = ""
    assert answer == WHOLE[name]


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_a_cut_at_any_byte_changes_nothing(path: Path) -> None:
    written = path.read_bytes()
    expected = streamed(RESPONSES, written)

    for cut in range(len(written)):
        assert streamed(RESPONSES, written[:cut], written[cut:]) == expected


@given(st.sampled_from(STREAMS), st.sampled_from([b"\n", b"\r\n", b"\r"]), st.data())
def test_many_cuts_change_nothing(path: Path, ending: bytes, data: st.DataObject) -> None:
    written = path.read_bytes().replace(b"\n", ending)

    assert streamed(RESPONSES, *data.draw(pieces(written))) == streamed(RESPONSES, path.read_bytes())


@pytest.mark.parametrize("missing", ["delta", "done", "content_part.done", "output_item.done"])
@pytest.mark.parametrize("name", ["stream-text", "stream-reasoning", "stream-tools", "stream-refusal"])
def test_what_comes_several_times_is_told_once_whichever_is_left_out(name: str, missing: str) -> None:
    lines = (WIRE / f"{name}.sse").read_text().split("\n\n")
    left = "\n\n".join(line for line in lines if not line.partition("\n")[0].endswith(missing))

    answer = gather(streamed(RESPONSES, left.encode()))

    expected = STREAMED[name]
    assert (answer.text, answer.reasoning, answer.refusal, answer.tool_calls) == (
        expected.text,
        expected.reasoning,
        expected.refusal,
        expected.tool_calls,
    )


@pytest.mark.parametrize("left_out", [0, 1, 2], ids=["nothing", "the reasoning", "all"])
@pytest.mark.parametrize("id_", [..., "new", None], ids=["same ids", "new ids", "no ids"])
@pytest.mark.parametrize("name", ["stream-reasoning", "stream-tools"])
def test_items_that_are_numbered_anew_at_the_end_are_not_told_again(name: str, id_: Any, left_out: int) -> None:
    *said, end = (json.loads(line[6:]) for line in (WIRE / f"{name}.sse").read_text().splitlines() if "data: " in line)
    renamed = {} if id_ is ... else {"id": id_, "call_id": id_}
    end["response"]["output"] = [{**item, **renamed} for item in end["response"]["output"][left_out:]]

    answer, expected = gather(read(*said, end)), STREAMED[name]

    assert (answer.text, answer.reasoning, answer.tool_calls) == (
        expected.text,
        expected.reasoning,
        expected.tool_calls,
    )


@pytest.mark.parametrize("name", [*STREAMED, *BROKEN])
def test_an_answer_ends_when_it_says_so(name: str) -> None:
    reader = RESPONSES.stream_reader()
    for line in (WIRE / f"{name}.sse").read_text().splitlines():
        if line.startswith("data: "):
            try:
                reader.feed(line.removeprefix("data: "))
            except ProviderError:
                break

    assert reader.saw_end == reader.is_over == (name in STREAMED)


@pytest.mark.parametrize("end", ["[DONE]", '{"type":"response.completed"}'])
def test_what_follows_the_end_does_not_count(end: str) -> None:
    reader = RESPONSES.stream_reader()
    reader.feed(end)

    assert reader.feed('{"type":"response.output_text.delta","delta":"Hi"}') == reader.feed("nonsense") == []


@pytest.mark.parametrize(
    ("answer", "finished"),
    [
        ({"status": "completed"}, Finished(FinishReason.STOP, "completed")),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            Finished(FinishReason.LENGTH, "max_output_tokens"),
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            Finished(FinishReason.CONTENT_FILTER, "content_filter"),
        ),
        ({"status": "incomplete", "incomplete_details": None}, Finished(FinishReason.OTHER, "incomplete")),
        ({"status": "cancelled"}, Finished(FinishReason.OTHER, "cancelled")),
    ],
)
def test_how_it_ended_in_our_words_and_in_theirs(answer: dict[str, Any], finished: Finished) -> None:
    assert read_whole(**answer) == [finished]


@pytest.mark.parametrize("status", [None, "", 7, {}])
def test_no_word_about_the_end(status: Any) -> None:
    assert read_whole(status=status) == []


@pytest.mark.parametrize(
    ("item", "events"),
    [
        ({"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}, [TextDelta("Hi")]),
        ({"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}, [Refusal("No.")]),
        ({"type": "message", "content": "Hi"}, []),
        ({"type": "reasoning", "content": [{"type": "reasoning_text", "text": "Hm"}]}, [ReasoningDelta("Hm")]),
        ({"type": "reasoning", "summary": []}, []),
        (
            {"type": "custom_tool_call", "call_id": "c", "name": "run", "input": "ls"},
            [ToolCallDelta(0, "c", "run"), ToolCallDelta(0, arguments="ls")],
        ),
        (
            {"type": "image_generation_call", "result": "b64"},
            [Extra("output", {"type": "image_generation_call", "result": "b64"})],
        ),
        (
            {
                "type": "message",
                "content": [{"type": "output_text", "text": "Hi", "logprobs": [{"token": "Hi", "logprob": -0.1}]}],
            },
            [TextDelta("Hi"), Extra("logprobs", {"content": [{"token": "Hi", "logprob": -0.1}]})],
        ),
    ],
)
def test_an_item(item: Any, events: list[Event]) -> None:
    assert read_whole(item) == read({"type": "response.output_item.done", "item": item}) == events


def test_log_probabilities_that_came_with_the_pieces_are_not_told_again() -> None:
    logprobs = [{"token": "Hi", "logprob": -0.1}]
    part = {"type": "output_text", "text": "Hi", "logprobs": logprobs}

    events = read(
        {"type": "response.output_text.delta", "delta": "Hi", "logprobs": logprobs},
        {"type": "response.output_item.done", "item": {"type": "message", "content": [part]}},
    )

    assert events == [TextDelta("Hi"), Extra("logprobs", {"content": logprobs})]


@pytest.mark.parametrize(
    "said",
    [
        {"type": "something.new"},
        {"type": "response.output_text.something"},
        {"type": 7},
        {},
        {"type": "response.created"},
    ],
)
def test_what_is_not_known_is_passed_over(said: Any) -> None:
    assert read(said, {"type": "response.output_text.delta", "delta": "Hi"}) == [TextDelta("Hi")]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "rate_limit_exceeded", "message": "Slow down."}, "rate_limited"),
        ({"code": "server_error", "message": "The model failed."}, "provider_error"),
        ({"code": "insufficient_quota", "message": "Check your plan."}, "out_of_credit"),
        ({"code": "invalid_api_key", "message": "Incorrect API key."}, "key_rejected"),
        ({"code": "context_length_exceeded", "message": "Too long."}, "too_long"),
        ({"type": "invalid_request_error", "message": "Unknown parameter: 'stop'."}, "bad_request"),
    ],
)
def test_an_error_in_each_of_its_places(error: dict[str, str], kind: str) -> None:
    failed = {"status": "failed", "error": error, "output": []}
    places = [
        {"type": "response.failed", "response": failed},
        {"type": "error", **{name: text for name, text in error.items() if name != "type"}, "sequence_number": 3},
        {"type": "error", "error": error},
        {"error": error},
    ]

    for place in places if "code" in error else [places[0], *places[2:]]:
        with pytest.raises(Refused) as refused:
            read(place)
        assert (refused.value.kind.name, refused.value.detail) == (kind, error["message"])
    with pytest.raises(Refused) as refused:
        RESPONSES.read_answer(json.dumps(failed).encode())
    assert refused.value.kind.name == kind


def test_an_error_after_the_answer_began_may_have_been_charged() -> None:
    with pytest.raises(Broken) as broken:
        streamed(RESPONSES, (WIRE / "stream-error.sse").read_bytes())

    assert (broken.value.kind.name, broken.value.detail) == ("provider_error", "Slow down.")
    assert (broken.value.kind.charge, broken.value.request_id) == (Charge.MAYBE, "resp_error")


def test_an_answer_that_failed_without_a_word() -> None:
    with pytest.raises(Refused) as refused:
        streamed(RESPONSES, (WIRE / "stream-failed.sse").read_bytes())

    assert (refused.value.kind.name, refused.value.detail) == (
        "provider_error",
        "The model failed to generate a response.",
    )


@pytest.mark.parametrize("count", [-1, 1.5, "25", True, 10**12, [], {}])
def test_counts_are_believed_only_where_they_can_be_true(count: Any) -> None:
    usage = {"input_tokens": count, "output_tokens": count, "output_tokens_details": {"reasoning_tokens": count}}

    assert gather(read_whole(usage=usage)).tokens == (None, None, None, None)


def test_a_count_of_nothing_is_no_count_where_there_was_something() -> None:
    item = {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}

    assert gather(read_whole(item, usage={"input_tokens": 0, "output_tokens": 0})).tokens == (None, None, None, None)
    assert gather(read_whole(usage={"input_tokens": 9, "output_tokens": 0})).tokens == (9, 0, None, None)


@pytest.mark.parametrize("data", ["{", "nonsense", "[]", "7", "null", '"text"', "{}{}"])
def test_what_is_no_event_is_a_protocol_error(data: str) -> None:
    with pytest.raises(Broken, match="protocol_error"):
        RESPONSES.stream_reader().feed(data)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "protocol_error"),
        (b"[]", "protocol_error"),
        (b"{}", "protocol_error"),
        (b'{"output":"text"}', "protocol_error"),
        (b'{"choices":[{"message":{"content":"Hi"}}]}', "protocol_error"),
        (b"<html><body>Sign in</body></html>", "not_an_api"),
    ],
)
def test_what_is_no_answer(body: bytes, kind: str) -> None:
    with pytest.raises(Broken) as broken:
        RESPONSES.read_answer(body)

    assert broken.value.kind.name == kind


anything = any_json("completed", "failed", "message", "summary_text")
parts = st.lists(
    loose(type=anything, text=anything, refusal=anything, annotations=anything, logprobs=anything), max_size=2
)
items = loose(
    type=st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "web_search_call"]),
    content=parts,
    summary=parts,
    encrypted_content=anything,
    call_id=anything,
    name=anything,
    arguments=anything,
    input=anything,
)
answers = loose(
    id=anything,
    model=anything,
    status=anything,
    error=anything,
    incomplete_details=loose(reason=anything),
    output=st.lists(items, max_size=2),
    usage=loose(input_tokens=anything, output_tokens=anything, cost=anything, is_byok=anything),
)
said = loose(
    type=st.sampled_from(
        [
            "response.created",
            "response.output_item.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.output_text.annotation.added",
            "response.reasoning_summary_text.delta",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
            "response.failed",
            "error",
        ]
    ),
    response=answers,
    item=items,
    delta=anything,
    text=anything,
    arguments=anything,
    annotation=anything,
    output_index=anything | st.integers(0, 2),
)


@thoroughly
@given(st.lists(said | answers, max_size=5))
def test_no_json_is_a_mistake_of_ours_and_all_that_is_kept_can_be_stored(values: list[Any]) -> None:
    reader = RESPONSES.stream_reader()
    events: list[Event] = []
    for value in values:
        written = json.dumps(value)
        with suppress(ProviderError):
            events += reader.feed(written)
        with suppress(ProviderError):
            events += RESPONSES.read_answer(written.encode())
    events += reader.close()

    assert_can_be_stored(events)
