"""What is sent of a conversation."""

from chat.transcript import Turn, build

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
