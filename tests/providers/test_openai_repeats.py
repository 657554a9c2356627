"""Chunks that repeat what the one before said are read the short way, and say the same as by the long one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.dialects.openai import answers, repeats
from providers.dialects.openai.answers import AnswerReader
from providers.dialects.openai.repeats import Repeats
from providers.dialects.wire import parsed_piece
from providers.events import Event, TextDelta

HEAD = '{"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}'


def chunk(text: str, *, ascii_only: bool = True, compact: bool = False, **members: Any) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    body = {"id": "c1", "model": "m", "choices": [choice], **members}
    return json.dumps(body, ensure_ascii=ascii_only, separators=(",", ":") if compact else None)


def events_of(datas: list[str]) -> list[Event]:
    reader = AnswerReader(lambda _: None)
    return [event for data in datas for event in reader.feed(data)] + reader.close()


def as_if_nothing_repeated(datas: list[str], monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    with monkeypatch.context() as patched:
        patched.setattr(Repeats, "text_in", lambda self, data: None)
        return events_of(datas)


def read_in_full(datas: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of the data that are parsed; the rest is read the short way."""
    parsed: list[str] = []

    def note(data: str) -> dict[str, Any]:
        parsed.append(data)
        return parsed_piece(data)

    with monkeypatch.context() as patched:
        patched.setattr(answers, "parsed_piece", note)
        events_of(datas)
    return [data for data in datas if data in parsed]


# Whatever a model may say: quotation marks, backslashes, control characters, halves of surrogate pairs.
texts = st.sampled_from([":", ",", ":{", ',"id":']) | st.text(
    st.one_of(st.characters(), st.sampled_from('"\\\n\x00\ud83d\ude00é👍<'), st.characters(categories=["Cs"]))
)
members = st.sampled_from(
    [
        {},
        {},
        {},
        {"usage": None},
        {"usage": {"prompt_tokens": 1, "completion_tokens": 2}},
        {"created": 1},
        {"content": "no part of the answer"},
        {"obfuscation": "x"},
        {"system_fingerprint": '{"content": "'},
    ]
)


@given(st.lists(st.tuples(texts, members, st.booleans()), max_size=12), st.booleans())
def test_it_makes_no_difference(said: list[tuple[str, dict[str, Any], bool]], compact: bool) -> None:
    datas = [HEAD]
    for text, beside, ascii_only in said:
        # Over the wire it is UTF-8, which has no halves of pairs but escaped ones.
        written = chunk(text, ascii_only=ascii_only, compact=compact, **beside).encode("utf-8", "replace").decode()
        datas.append(written)
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert events_of(datas) == as_if_nothing_repeated(datas, monkeypatch)


def test_what_repeats_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    datas = [HEAD, *(chunk(text) for text in ("Once ", 'upon "a" ', "time \\ \n", "é👍"))]

    assert read_in_full(datas, monkeypatch) == datas[:2]
    assert events_of(datas)[-1] == TextDelta("é👍")


@pytest.mark.parametrize("word", ["m", "c1", "index", "content", "", repeats.MARK])
def test_a_text_that_stands_elsewhere_too_is_not_taken_for_the_other(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    datas = [HEAD, chunk(word), chunk("other"), chunk(word)]

    assert events_of(datas) == as_if_nothing_repeated(datas, monkeypatch)


@pytest.mark.parametrize("between", [":", ",", ":{", ',"model":', "},"])
def test_what_stands_between_two_strings_is_not_taken_for_one(between: str, monkeypatch: pytest.MonkeyPatch) -> None:
    datas = [HEAD, chunk(between, compact=True), chunk("other", compact=True), chunk(between, compact=True)]

    assert [event.text for event in events_of(datas) if isinstance(event, TextDelta)] == [between, "other", between]
    assert events_of(datas) == as_if_nothing_repeated(datas, monkeypatch)


def test_an_id_that_is_the_mark_itself_is_not_taken_for_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    first = chunk(repeats.MARK).replace('"id": "c1"', f'"id": "{repeats.MARK}"')
    datas = [HEAD, first, chunk(repeats.MARK).replace('"id": "c1"', '"id": "c2"')]

    assert events_of(datas) == as_if_nothing_repeated(datas, monkeypatch)


def test_the_same_text_raw_in_a_member_before_it_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # The text is escaped and the member is not.
    def written(text: str) -> str:
        return chunk(text).replace('"id": "c1"', '"id": "é"')

    datas = [HEAD, written("é"), written("other"), written("é")]

    assert events_of(datas) == as_if_nothing_repeated(datas, monkeypatch)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(chunk("x")[:-3], id="the end is missing"),
        pytest.param(chunk("x") + "}", id="there is too much"),
        pytest.param(chunk("x").replace('"x"', '"x'), id="the text is not closed"),
        pytest.param(chunk("x").replace('"x"', '"x", "refusal": "no"'), id="there is more in it"),
        pytest.param(chunk("x").replace('"x"', '"\\x"'), id="an escape that is none"),
    ],
)
def test_what_only_looks_alike_is_read_in_full(data: str) -> None:
    known = Repeats()
    known.learn(chunk("Once "), "Once ", lambda found: str(json.loads(found)["choices"][0]["delta"]["content"]))

    assert known.text_in(chunk("upon ")) == "upon "
    assert known.text_in(data) is None


def test_of_chunks_that_differ_each_time_nothing_more_is_learned_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    known = Repeats()

    def check(found: str) -> str:
        checked.append(found)
        return repeats.MARK

    for number in range(100):
        known.learn(chunk(f"word {number}", created=number), f"word {number}", check)

    assert len(checked) == repeats.TRIES
