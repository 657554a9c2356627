"""What of a request that was written elsewhere finds a place in the playground, and what is said of the rest."""

from typing import Any

import pytest

from chat.opening import MOST_TURNS, Opening
from chat.transcript import Turn, build


def user(content: Any, **further: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **further}


def assistant(content: Any, **further: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **further}


def test_every_part_has_its_place() -> None:
    body = {
        "model": " gpt-4o ",
        "messages": [
            {"role": "system", "content": "Be brief"},
            {"role": "developer", "content": "Be kind"},
            user("One"),
            assistant("Two"),
            user("Three"),
        ],
        "temperature": 0.5,
        "stop": None,
        "stream": True,
        "stream_options": {"include_usage": True},
    }

    assert Opening.of(body) == Opening(
        model_id="gpt-4o",
        system_prompt="Be brief\n\nBe kind",
        turns=(Turn("user", "One"), Turn("assistant", "Two")),
        text="Three",
        parameters={"temperature": 0.5},
    )


def test_what_is_sent_of_an_opening_are_its_messages() -> None:
    messages = [{"role": "system", "content": "S"}, user("1"), user("2"), assistant("3"), user("4")]

    opening = Opening.of({"messages": messages})

    turns = [*opening.turns, Turn("user", opening.text)]
    assert build(turns, system_prompt=opening.system_prompt) == messages


@pytest.mark.parametrize(
    ("body", "system_prompt", "text"),
    [
        ({"system": "S", "messages": [user("Hi")]}, "S", "Hi"),
        ({"system": [{"type": "text", "text": "S"}], "messages": [user([{"type": "text", "text": "Hi"}])]}, "S", "Hi"),
        ({"instructions": "S", "input": "Hi"}, "S", "Hi"),
        ({"input": [{"role": "developer", "content": "S"}, user([{"type": "input_text", "text": "Hi"}])]}, "S", "Hi"),
        ({"prompt": "Hi"}, "", "Hi"),
        ({"messages": [{"role": "human", "content": ["H", "i"]}]}, "", "H\n\ni"),
    ],
)
def test_other_dialects_say_the_same_elsewhere(body: dict[str, Any], system_prompt: str, text: str) -> None:
    opening = Opening.of(body)

    assert (opening.system_prompt, opening.turns, opening.text) == (system_prompt, (), text)
    assert not opening.parameters
    assert not opening.notes


@pytest.mark.parametrize(
    ("messages", "note"),
    [
        ([user("Hi"), {"role": "system", "content": "S"}, user("Ho")], "Message 2, which has the role “system”, was"),
        ([user("Hi"), {"role": "tool", "tool_call_id": "1", "content": "4"}, user("Ho")], "the role “tool”, was"),
        (
            [user([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "Ho"}])],
            "An image in mess",
        ),
        ([user([{"type": "input_audio"}, {"type": "text", "text": "Ho"}])], "A sound in message 1 was left out."),
        ([user([{"type": "hologram"}, {"type": "text", "text": "Ho"}])], "A part in message 1 was left out."),
        ([assistant("A", tool_calls=[{"id": "1"}]), user("Ho")], "“tool_calls” of message 1 was left out."),
        ([user("Ho", name="Bob")], "“name” of message 1 was left out."),
        (["?", None, 7, user("Ho")], "Message 1 was left out"),
    ],
)
def test_what_cannot_be_held_is_said(messages: list[Any], note: str) -> None:
    opening = Opening.of({"messages": messages})

    assert opening.text == "Ho"
    assert note in opening.notes[0]


@pytest.mark.parametrize("unsaid", [{"refusal": None}, {"tool_calls": []}, {"annotations": []}, {"id": "msg_1"}])
def test_what_says_nothing_is_not_missed(unsaid: dict[str, Any]) -> None:
    assert not Opening.of({"messages": [assistant("A", **unsaid), user("Ho")]}).notes


def test_an_answer_at_the_end_leaves_the_next_message_to_the_person() -> None:
    opening = Opening.of({"messages": [user("One"), assistant("Two")]})

    assert (opening.turns, opening.text) == ((Turn("user", "One"), Turn("assistant", "Two")), "")
    assert opening.notes == ("Its last message is an answer. Write the next one.",)


def test_of_very_many_messages_the_last_are_taken() -> None:
    opening = Opening.of({"messages": [user(str(number)) for number in range(MOST_TURNS + 11)]})

    assert len(opening.turns) == MOST_TURNS
    assert opening.turns[-1].text == str(MOST_TURNS + 9)
    assert f"the last {MOST_TURNS} were taken" in opening.notes[0]


@pytest.mark.parametrize(
    "body", [{}, {"messages": {}}, {"messages": "Hi", "model": 7}, {"messages": [[]], "system": 4}]
)
def test_a_request_of_any_shape_is_an_opening(body: dict[str, Any]) -> None:
    assert Opening.of(body).model_id == ""
