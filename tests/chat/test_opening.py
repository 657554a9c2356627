"""What of a request that was written elsewhere finds a place in the playground, and what is said of the rest."""

from typing import Any

import pytest

from chat.opening import MOST_TURNS, Opening
from chat.transcript import Turn, build

IMAGE = {"type": "image_url", "image_url": {"url": "https://x.y/a.png", "detail": "low"}}
SOURCE = {"type": "base64", "media_type": "image/png", "data": "QQ=="}


def user(content: Any, **further: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **further}


def assistant(content: Any, **further: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **further}


def test_every_part_has_its_place() -> None:
    body = {
        "model": " gpt-4o ",
        "messages": [
            {"role": "developer", "content": "Be brief"},
            {"role": "system", "content": "Be kind"},
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
        system_prompt="Be brief",
        system_role="developer",
        turns=(Turn("system", "Be kind"), Turn("user", "One"), Turn("assistant", "Two")),
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
        (
            [user("Hi"), {"role": "narrator", "content": "S"}, user("Ho")],
            "Message 2, which has the role “narrator”, was",
        ),
        ([user([{"type": "image_url"}, {"type": "text", "text": "Ho"}])], "An image in message 1 was left out."),
        (
            [user([{"type": "file", "file": {"file_id": "f"}}, {"type": "text", "text": "Ho"}])],
            "A file in message 1 was",
        ),
        ([assistant([{"type": "thinking", "thinking": "…"}]), user("Ho")], "The reasoning in message 1 was left out."),
        ([{"type": "reasoning", "summary": []}, user("Ho")], "The reasoning in message 1 was left out."),
        ([user([IMAGE, {"type": "text", "text": "Ho"}])], "The text of message 1 was put before what it carries."),
        (
            [{"role": "system", "content": [{"type": "text", "text": "S"}, {"type": "x"}]}, user("Ho")],
            "A part in message 1",
        ),
        ([assistant("A", refusal="No"), user("Ho")], "“refusal” of message 1 was left out."),
        ([user([{"type": "input_audio"}, {"type": "text", "text": "Ho"}])], "A sound in message 1 was left out."),
        ([user([{"type": "hologram"}, {"type": "text", "text": "Ho"}])], "A part in message 1 was left out."),
        ([assistant("A", tool_calls=[{"id": "1"}]), user("Ho")], "A tool call in message 1 was left out."),
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


def test_a_named_question_is_a_message_that_was_sent() -> None:
    opening = Opening.of({"messages": [user("One", name="Bob")]})

    assert (opening.turns, opening.text) == ((Turn("user", "One", name="Bob"),), "")
    assert "Ask for a reply" in opening.notes[0]


CALL = {"id": "call_1", "name": "now", "arguments": '{"zone":"UTC"}'}


@pytest.mark.parametrize(
    "messages",
    [
        [
            assistant(None, tool_calls=[{"id": "call_1", "type": "function", "function": CALL}]),
            {"role": "tool", "tool_call_id": "call_1", "content": "12:00"},
        ],
        [
            assistant([{"type": "tool_use", "id": "call_1", "name": "now", "input": {"zone": "UTC"}}]),
            user([{"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "12:00"}]}]),
        ],
        [
            {"type": "function_call", "call_id": "call_1", "name": "now", "arguments": '{"zone":"UTC"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "12:00"},
        ],
    ],
)
def test_calls_and_their_results_are_taken_from_every_dialect(messages: list[Any]) -> None:
    opening = Opening.of({"messages": [user("When?"), *messages, user("Sure?")]})

    assert opening.turns[1:] == (
        Turn("assistant", "", tool_calls=(CALL,)),
        Turn("tool", "12:00", tool_call_id="call_1"),
    )
    assert (opening.text, opening.notes) == ("Sure?", ())


@pytest.mark.parametrize(
    ("part", "taken"),
    [
        (IMAGE, IMAGE),
        ({"type": "input_image", "image_url": "https://x.y/a.png", "detail": "low"}, IMAGE),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x.y/a.png"}},
            {"type": "image_url", "image_url": {"url": "https://x.y/a.png"}},
        ),
        (
            {"type": "image", "source": SOURCE},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}},
        ),
        (
            {"type": "document", "source": SOURCE | {"media_type": "application/pdf"}, "title": "a.pdf"},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,QQ==", "filename": "a.pdf"}},
        ),
        (
            {"type": "input_file", "file_data": "QQ==", "filename": "a.pdf"},
            {"type": "file", "file": {"file_data": "QQ==", "filename": "a.pdf"}},
        ),
        (
            {"type": "input_file", "file_url": "https://x.y/a.pdf"},
            {"type": "file", "file": {"file_data": "https://x.y/a.pdf"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://x.y/a.mp4"}},
            {"type": "video_url", "video_url": {"url": "https://x.y/a.mp4"}},
        ),
    ],
)
def test_parts_are_taken_from_every_dialect(part: dict[str, Any], taken: dict[str, Any]) -> None:
    opening = Opening.of({"messages": [user([{"type": "text", "text": "Look"}, part])]})

    assert (opening.text, list(opening.parts), opening.notes) == ("Look", [taken], ())


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
