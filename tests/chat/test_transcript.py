"""What is sent of a conversation."""

from chat.transcript import Turn, build, is_of_one_family

TURNS = [Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "Who am I?")]


def test_the_branch_is_sent_oldest_first() -> None:
    assert [message["content"] for message in build(TURNS)] == ["Hi", "Hello", "Who am I?"]


def test_the_system_prompt_comes_first() -> None:
    assert build(TURNS, system_prompt="Be brief")[0] == {"role": "system", "content": "Be brief"}


def test_an_empty_system_prompt_is_not_sent() -> None:
    assert build(TURNS, system_prompt="  \n")[0]["role"] == "user"


def test_a_model_without_a_system_role_gets_it_in_the_first_user_message() -> None:
    messages = build(TURNS, system_prompt="Be brief", roles=["user", "assistant"])
    assert messages[0] == {"role": "user", "content": "Be brief\n\nHi"}
    assert len(messages) == 3


def test_a_reply_that_came_to_nothing_is_left_out() -> None:
    messages = build([Turn("user", "Hi"), Turn("assistant", ""), Turn("user", "Hello?")])
    assert [message["role"] for message in messages] == ["user", "user"]


def test_an_image_stands_behind_the_text_of_its_message() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    said, bare = build([Turn("user", "What is this?", parts=[image]), Turn("user", "", parts=[image])])
    assert said == {"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]}
    assert bare == {"role": "user", "content": [image]}


def test_a_system_prompt_that_moves_stands_before_the_parts() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    (message,) = build([Turn("user", "", parts=[image])], system_prompt="Be brief", roles=["user"])
    assert message["content"] == [{"type": "text", "text": "Be brief"}, image]


def test_calls_and_their_results_are_told_as_they_were() -> None:
    call = {"id": "call_1", "name": "toCelsius", "arguments": '{"fahrenheit":256}'}
    asked, result = build([Turn("assistant", "", tool_calls=[call]), Turn("tool", "124.44", tool_call_id="call_1")])
    assert asked == {
        "role": "assistant",
        "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "toCelsius", "arguments": '{"fahrenheit":256}'}}
        ],
    }
    assert result == {"role": "tool", "content": "124.44", "tool_call_id": "call_1"}


def test_a_name_and_what_a_provider_wants_back_go_with_the_message() -> None:
    (message,) = build([Turn("assistant", "Yes", name="ada", extras={"encrypted_content": "…"})])
    assert message == {"role": "assistant", "name": "ada", "content": "Yes", "encrypted_content": "…"}


def test_a_call_that_nobody_answered_is_left_out() -> None:
    call = {"id": "call_1", "name": "now", "arguments": "{}"}
    messages = build([Turn("assistant", "I look", tool_calls=[call]), Turn("user", "Never mind")])
    assert messages == [{"role": "assistant", "content": "I look"}, {"role": "user", "content": "Never mind"}]


def test_an_id_that_is_used_again_later_answers_only_the_call_before_it() -> None:
    call = {"id": "now", "name": "now", "arguments": "{}"}
    again = Turn("assistant", "Once more", tool_calls=[call])
    messages = build([Turn("assistant", "", tool_calls=[call]), Turn("tool", "12:00", tool_call_id="now"), again])
    assert [bool(message.get("tool_calls")) for message in messages] == [True, False, False]


def test_the_call_of_a_custom_tool_is_told_as_one() -> None:
    call = {"id": "call_1", "type": "custom", "name": "shell", "arguments": "ls -l"}
    asked, _ = build([Turn("assistant", "", tool_calls=[call]), Turn("tool", "", tool_call_id="call_1")])
    assert asked["tool_calls"] == [{"id": "call_1", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}]


def test_a_result_that_is_an_error_is_marked() -> None:
    (message,) = build([Turn("tool", "no such city", tool_call_id="call_1", is_error=True)])
    assert message == {"role": "tool", "content": "no such city", "tool_call_id": "call_1", "is_error": True}


def test_a_call_that_was_signed_goes_back_with_its_signature() -> None:
    call = {"id": "call-1", "name": "weather", "arguments": "{}"}
    turns = [
        Turn("assistant", "", tool_calls=[call], extras={"call_extras": {"call-1": {"google": {"s": "x"}}}}),
        Turn("tool", "Rain", tool_call_id="call-1"),
    ]

    asked, _ = build(turns)

    assert asked["tool_calls"][0]["extra_content"] == {"google": {"s": "x"}}
    assert "call_extras" not in asked


def test_models_are_of_one_family_by_what_their_names_begin_with() -> None:
    assert is_of_one_family("anthropic/claude-opus-4.1", "claude-sonnet-4-5-20250929")
    assert is_of_one_family("google/gemini-3-flash", "gemini-3.1-pro")
    assert not is_of_one_family("openai/gpt-5", "openai/o3")
    assert not is_of_one_family("anthropic/claude-opus-4.1", "google/gemini-3-flash")
    assert not is_of_one_family("", "")
