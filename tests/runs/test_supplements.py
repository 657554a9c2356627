"""What an answer brings beside its text, sorted out: nothing that a stranger wrote is loaded, run or believed."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.events import Extra
from runs.supplements import Brought

WIRE = Path(__file__).parent.parent / "wire"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


def brought(fixture: str, dialect: str = "aimlapi") -> Brought:
    """What a recorded answer brings."""
    extras: dict[str, list[Any]] = {}
    for event in DIALECTS[dialect].read_answer((WIRE / fixture).read_bytes()):
        if isinstance(event, Extra):
            extras.setdefault(event.name, []).append(event.value)
    return Brought.of(extras)


def data_url(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def test_a_citation_is_a_source_with_its_address_as_it_was() -> None:
    assert brought("constructed-chat-url-citation.json").shown["sources"] == [
        {
            "title": "Example",
            "passage": "",
            "url": "https://example.com/?utm_source=openai",
            "host": "example.com",
        }
    ]


def test_sources_of_a_search_are_listed_once_with_the_titles_that_are_known() -> None:
    extras: dict[str, list[Any]] = {
        "citations": [["https://a.example/1", "https://b.example/2"]],
        "search_results": [[{"title": "The first", "url": "https://a.example/1", "date": "2026-01-01"}]],
    }

    sources = Brought.of(extras).shown["sources"]

    assert [(source["title"], source["url"]) for source in sources] == [
        ("a.example", "https://a.example/1"),
        ("b.example", "https://b.example/2"),
    ]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "https://", "http://[", "x", 7, None],
)
def test_what_is_no_web_address_is_no_link(url: Any) -> None:
    extras = {"annotations": [[{"type": "url_citation", "url_citation": {"url": url, "title": "Look"}}]]}

    (source,) = Brought.of(extras).shown["sources"]

    assert source == {"title": "Look", "passage": ""}


def test_a_passage_of_a_document_has_no_address() -> None:
    extras = {"citations": [[{"type": "char_location", "document_title": "Report", "cited_text": "It  rained."}]]}

    assert Brought.of(extras).shown["sources"] == [{"title": "Report", "passage": "It rained."}]


def test_a_sound_is_served_with_what_it_says() -> None:
    sound = brought("constructed-chat-audio.json")

    assert sound.shown == {"transcript": "Hello there", "media": ["audio"]}
    assert [(one.kind, one.content_type, one.content) for one in sound.media] == [("audio", "audio/wav", b"RIFF")]
    assert sound.rest == {}


def test_a_sound_that_comes_in_pieces_is_joined_and_gets_a_head() -> None:
    samples = bytes(range(100))
    pieces: list[Any] = [{"id": "audio_1"}, {"transcript": "Hel"}, {"transcript": "lo"}]
    pieces += [{"data": base64.b64encode(samples[begin : begin + 10]).decode()} for begin in range(0, 100, 10)]

    sound = Brought.of({"audio": pieces})

    assert sound.shown["transcript"] == "Hello"
    assert sound.media[0].content.endswith(b"data\x64\x00\x00\x00" + samples)
    assert len(sound.media[0].content) == 144


def test_pictures_are_what_their_first_bytes_say_and_never_remote() -> None:
    extras = {
        "images": [
            [{"type": "image_url", "image_url": {"url": data_url(PNG, "image/jpeg")}}],
            [{"type": "image_url", "image_url": {"url": data_url(b"<svg onload='alert(1)'/>", "image/svg+xml")}}],
            [{"type": "image_url", "image_url": {"url": "https://tracker.example/pixel.png"}}],
            [{"type": "image_url", "image_url": {"url": "javascript:alert(1)"}}],
        ]
    }

    pictures = Brought.of(extras)

    assert [(one.content_type, one.content) for one in pictures.media] == [("image/png", PNG)]
    assert pictures.shown == {"media": ["image"], "pictures_elsewhere": ["https://tracker.example/pixel.png"]}


def test_a_picture_that_was_drawn_by_a_tool_is_one_too() -> None:
    drawn = {"type": "image_generation_call", "result": base64.b64encode(PNG).decode()}

    assert [one.content for one in Brought.of({"output": [drawn]}).media] == [PNG]


@pytest.mark.parametrize(
    ("fixture", "dialect", "kept"),
    [
        (
            "chat-gemini31-pro-thought-signature.json",
            "aimlapi",
            {"extra_content": {"google": {"thought_signature": "CoMeAY89a18LofF2...trimmed=="}}},
        ),
        ("chat-claude-opus41-thinking.json", "aimlapi", {}),
        ("chat-qwen36-reasoning.json", "aimlapi", {}),
        ("chat-openai-gpt4o.json", "aimlapi", {}),
    ],
)
def test_only_what_a_provider_wants_back_is_kept_for_it(fixture: str, dialect: str, kept: dict[str, Any]) -> None:
    assert brought(fixture, dialect).for_next_turn == kept


def test_what_goes_back_is_whole_however_it_was_streamed() -> None:
    extras: dict[str, list[Any]] = {
        "thinking": [{"type": "thinking", "thinking": "a", "signature": "s"}, {"type": "redacted_thinking"}],
        "encrypted_content": ["abc", "def"],
        "extra_content": [{"google": {"thought_signature": "x"}}, {"google": {"traffic": 1}}],
        "reasoning_details": [[{"type": "reasoning.encrypted", "data": "1"}], [{"type": "reasoning.encrypted"}]],
        "stop_sequence": ["END"],
    }

    kept = Brought.of(extras)

    assert kept.for_next_turn == {
        "thinking": extras["thinking"],
        "encrypted_content": "abcdef",
        "extra_content": {"google": {"thought_signature": "x", "traffic": 1}},
        "reasoning_details": [{"type": "reasoning.encrypted", "data": "1"}, {"type": "reasoning.encrypted"}],
    }
    assert kept.rest == {"stop_sequence": ["END"]}


@pytest.mark.parametrize("member", ["message", "delta"])
def test_the_signature_of_a_tool_call_is_kept_by_the_calls_id(member: str) -> None:
    signature = {"google": {"thought_signature": "abc"}}
    function = {"name": "weather", "arguments": "{}"}
    call = {"index": 0, "id": "call-1", "type": "function", "function": function, "extra_content": signature}
    answer = {"choices": [{"index": 0, member: {"role": "assistant", "tool_calls": [call]}, "finish_reason": "stop"}]}
    body = json.dumps(answer)
    dialect = DIALECTS["openai"]
    events = dialect.read_answer(body.encode()) if member == "message" else dialect.stream_reader().feed(body)

    extras = {event.name: [event.value] for event in events if isinstance(event, Extra)}

    assert Brought.of(extras).for_next_turn == {"call_extras": {"call-1": signature}}


def test_what_a_search_found_is_said_once_however_often_it_comes() -> None:
    reader = DIALECTS["openai"].stream_reader()
    chunk = json.dumps({"citations": ["https://a.example/"], "choices": [{"index": 0, "delta": {"content": "Hi"}}]})

    extras = [event for _ in range(3) for event in reader.feed(chunk) if isinstance(event, Extra)]

    assert extras == [Extra("citations", ["https://a.example/"])]


names = st.sampled_from(
    ["url", "title", "url_citation", "image_url", "data", "transcript", "type", "result", "google", "cited_text"]
)
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(["https://a.example/", "AAAA", "AA=="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
KINDS = ["annotations", "citations", "search_results", "audio", "images", "content", "output", "thinking", "x"]


@given(st.dictionaries(st.sampled_from([*KINDS, "reasoning_details", "extra_content"]), st.lists(values, max_size=3)))
def test_nothing_that_a_provider_says_can_break_it(extras: dict[str, list[Any]]) -> None:
    for source in Brought.of(extras).shown.get("sources", []):
        assert source["title"]
        assert source.get("url", "https://").startswith(("https://", "http://"))
