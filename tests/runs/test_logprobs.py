"""How likely each token was: from what providers say to what a page shows."""

import itertools
import json
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from providers.dialects import DIALECTS
from providers.events import Extra
from runs.logprobs import LogprobLog, tokens_of

WIRE = Path(__file__).parent.parent / "wire"


def weighed(*said: Any, choice: int = 0) -> bytes:
    log = LogprobLog()
    for one in said:
        log.add(choice, one)
    return log.packed()


def item(text: str, logprob: float = -0.1, **more: Any) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": []} | more


def test_a_recorded_answer_says_how_likely_its_tokens_were() -> None:
    events = DIALECTS["aimlapi"].read_answer((WIRE / "constructed-chat-logprobs.json").read_bytes())
    log = LogprobLog()
    for event in events:
        if isinstance(event, Extra) and event.name == "logprobs":
            log.add(event.choice, event.value)

    (token,) = tokens_of(log.packed())

    assert (token.text, token.words, token.level) == ("Hi", "0.99", "very-likely")
    assert [(other.text, other.words) for other in token.alternatives] == [("Hi", "0.99"), ("Yo", "very unlikely")]
    assert log.counts == {0: 1}


def test_nothing_is_kept_where_nothing_came() -> None:
    assert weighed() == b""
    assert weighed(None, {}, {"content": None}, {"content": []}, {"content": ["?"]}, [1]) == b""
    assert tokens_of(b"") == []


def test_the_bytes_of_one_character_are_joined_over_tokens() -> None:
    smile = "🙂".encode()
    pieces = [item("a"), *(item("\ufffd", -0.5, bytes=[byte]) for byte in smile), item("b")]

    tokens = tokens_of(weighed({"content": pieces}))

    assert [token.visible for token in tokens] == ["a", "🙂", "b"]
    assert tokens[1].logprob == -2.0


def test_bytes_that_never_become_a_character_are_shown_as_bytes() -> None:
    tokens = tokens_of(weighed({"content": [item("\ufffd", bytes=[0xF0]), item("x")]}))

    assert [token.visible for token in tokens] == ["f0", "x"]


def test_the_older_form_is_understood() -> None:
    said = {"tokens": ["Hi", "!"], "token_logprobs": [-0.01, None], "top_logprobs": [{"Hi": -0.01, "Yo": -5}, None]}

    first, second = tokens_of(weighed(said))

    assert (first.words, [other.text for other in first.alternatives]) == ("0.99", ["Hi", "Yo"])
    assert (second.text, second.words, second.level) == ("!", "not said", "")


def test_choices_stay_apart() -> None:
    log = LogprobLog()
    log.add(0, {"content": [item("a")]})
    log.add(2, {"content": [item("b")]})
    packed = log.packed()

    assert [token.text for token in tokens_of(packed, 0)] == ["a"]
    assert [token.text for token in tokens_of(packed, 2)] == ["b"]
    assert log.counts == {0: 1, 2: 1}


def test_blanks_and_breaks_can_be_seen() -> None:
    (token,) = tokens_of(weighed({"content": [item(" \n")]}))

    assert token.visible == "␣⏎\n"


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)


@given(st.lists(texts, max_size=20), st.data())
def test_however_the_bytes_are_cut_the_text_is_the_same(words: list[str], data: st.DataObject) -> None:
    whole = "".join(words).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=len(whole))) | {0, len(whole)})
    cut = [whole[begin:end] for begin, end in itertools.pairwise(cuts)]
    items = [item("?", bytes=list(piece)) for piece in cut if piece]

    tokens = tokens_of(weighed(*({"content": [one]} for one in items)))

    assert b"".join(token.utf8 or b"" for token in tokens) == whole


@given(st.lists(st.lists(st.tuples(texts, st.floats(-20, 0)), max_size=4), max_size=8))
def test_however_the_chunks_are_cut_the_tokens_are_the_same(chunks: list[list[tuple[str, float]]]) -> None:
    in_pieces = weighed(*({"content": [item(*token) for token in chunk]} for chunk in chunks))
    at_once = weighed({"content": [item(*token) for chunk in chunks for token in chunk]})

    assert tokens_of(in_pieces) == tokens_of(at_once)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "tokens", "token", "logprob", "bytes", "top_logprobs", "token_logprobs"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values)
@example({"content": [{"token": "a", "logprob": 10**400}]})
@example({"content": [{"token": "a", "top_logprobs": True}]})
def test_nothing_that_a_provider_says_can_break_it(said: Any) -> None:
    for token in tokens_of(weighed(said)):
        assert json.dumps([token.visible, token.words, token.level])
