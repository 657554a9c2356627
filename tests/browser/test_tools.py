"""Tools as a tester uses them: defined by form, called, answered by hand, and answered from a fixture."""

import json
import threading
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen
from tests.browser.test_accessibility import expect_accessible
from tests.browser.test_parameters import note, parameter
from tests.browser.upstream import Upstream
from tests.browser.watch import Watch
from tests.faultscript import CHUNKED, chunk, http_chunk

pytestmark = pytest.mark.browser

CELSIUS = {
    "type": "function",
    "function": {
        "name": "toCelsius",
        "description": "Convert Fahrenheit to Celsius",
        "parameters": {
            "type": "object",
            "properties": {"fahrenheit": {"type": "number"}},
            "required": ["fahrenheit"],
        },
    },
}


def call_piece(position: int, **piece: object) -> bytes:
    return chunk({"tool_calls": [{"index": position, **piece}]})


def tool_list(screen: Screen) -> Locator:
    """Where tools are defined, with its group unfolded."""
    parameter(screen, "tools")
    return screen.page.locator("tool-list")


def written(screen: Screen) -> Any:
    """The JSON that is sent, shown or not."""
    return json.loads(screen.page.locator("#parameter-tools").input_value())


def test_a_tool_is_defined_by_form_called_answered_and_answered_again_from_a_fixture(
    screen: Screen,
) -> None:
    screen.open(model="demo/tools")
    tools = tool_list(screen)
    tools.get_by_text("Add a tool", exact=True).click()
    tools.get_by_role("button", name="An empty one").click()
    tools.get_by_label("Name", exact=True).first.fill("toCelsius")
    tools.get_by_label("Description", exact=True).first.fill("Convert Fahrenheit to Celsius")
    tools.get_by_role("button", name="Add a parameter").click()
    row = tools.get_by_role("group", name="Parameter parameter")
    row.get_by_label("Name").fill("fahrenheit")
    row = tools.get_by_role("group", name="Parameter fahrenheit")
    row.get_by_label("Type").select_option("number")
    row.get_by_label("required").check()
    assert written(screen) == [CELSIUS]

    screen.say("Convert 256°F to °C")

    screen.expect_state("done")
    expect(screen.reply).to_contain_text("Calls toCelsius")
    expect(screen.reply).to_contain_text("The arguments are valid.")
    result = screen.reply.get_by_label("Result of toCelsius", exact=True)
    result.fill("124.44")
    screen.reply.get_by_label("Keep the result of toCelsius as a fixture").select_option("any")
    screen.button("Continue").click()
    expect(screen.replies).to_have_count(2)
    screen.expect_answer("This is the demo provider; the tool answered: 124.44")
    expect(screen.conversation.get_by_role("article", name="Result of toCelsius")).to_contain_text("124.44")

    screen.messages.first.get_by_role("button", name="Edit").click()
    screen.page.get_by_role("textbox", name="Edit message").fill("Convert 0°F to °C")
    screen.button("Send as a new version").click()
    expect(screen.reply.get_by_label("Result of toCelsius", exact=True)).to_have_value("124.44")
    screen.button("Continue").click()
    expect(screen.replies).to_have_count(2)
    screen.expect_answer("This is the demo provider; the tool answered: 124.44")


def test_form_and_json_are_two_views_of_one_thing(screen: Screen) -> None:
    # Keywords that no form shows, and a tool of the provider's own.
    tool = json.loads(json.dumps(CELSIUS))
    tool["function"]["parameters"]["properties"]["fahrenheit"] |= {"minimum": -459.67, "examples": [1, 2]}
    tool["cache_control"] = {"type": "ephemeral"}
    search = {"type": "web_search", "depth": 3}
    shell = {"type": "custom", "custom": {"name": "shell", "format": {"type": "text"}}}
    screen.open(model="demo/tools")
    parameter(screen, "tools").fill(json.dumps([tool, search, shell]))
    tools = tool_list(screen)

    screen.button("Edit as a form").click()

    group = tools.get_by_role("group", name="Tool shell")
    group.get_by_label("Description").fill("Runs a command")
    expect(group.get_by_role("button", name="Add a parameter")).to_have_count(0)
    group.get_by_role("button", name="Remove").click()
    tools.get_by_role("button", name="Undo").click()
    shell["custom"] = {"name": "shell", "format": {"type": "text"}, "description": "Runs a command"}
    assert written(screen)[2] == shell
    group.get_by_role("button", name="Remove").click()
    expect(tools).to_contain_text("web_search: A tool of the provider's own.")
    tools.get_by_role("group", name="Parameter fahrenheit").get_by_label("Description").fill("In °F")
    tools.get_by_role("checkbox", name="strict").check()
    expected = json.loads(json.dumps(tool))
    expected["function"]["parameters"]["properties"]["fahrenheit"]["description"] = "In °F"
    expected["function"]["strict"] = True
    assert written(screen) == [expected, search]

    tools.get_by_role("group", name="Tool toCelsius").get_by_role("button", name="Duplicate").click()
    assert [each.get("function", {}).get("name") for each in written(screen)] == ["toCelsius", "toCelsius_2", None]
    tools.get_by_role("group", name="Tool toCelsius_2").get_by_role("button", name="Remove").last.click()
    assert written(screen) == [expected, search]
    expect(tools).to_contain_text("toCelsius_2 was removed.")
    tools.get_by_role("button", name="Undo").click()
    assert len(written(screen)) == 3

    screen.button("Edit as JSON").click()
    expect(parameter(screen, "tools")).to_be_visible()


def test_half_a_schema_is_kept_and_explained_and_not_sent(screen: Screen, watch: Watch) -> None:
    watch.allow_status(422)
    screen.open(model="demo/tools")
    parameter(screen, "tools").fill(json.dumps([CELSIUS]))
    screen.button("Edit as a form").click()
    tools = tool_list(screen)
    tools.get_by_text("Schema as JSON").first.click()

    tools.get_by_label("Schema as JSON").fill('{"type": "object", "prop')
    tools.get_by_label("Name", exact=True).first.click()

    expect(note(screen, "tools")).to_contain_text("tools[0].function.parameters is not JSON")
    screen.say("Hello")
    expect(screen.complaint).to_contain_text("tools[0].function.parameters is not JSON")
    screen.button("Edit as JSON").click()
    screen.button("Edit as a form").click()
    tools.get_by_text("Schema as JSON").first.click()
    expect(tools.get_by_label("Schema as JSON")).to_have_value('{"type": "object", "prop')


def test_what_is_no_list_stays_as_json(screen: Screen) -> None:
    screen.open(model="demo/tools")
    field = parameter(screen, "tools")
    field.fill('[{"type": "fun')

    screen.button("Edit as a form").click()

    expect(tool_list(screen)).to_contain_text("This is not a list in JSON")
    expect(field).to_have_value('[{"type": "fun')


def test_a_call_grows_while_it_comes_also_for_who_comes_late(screen: Screen, upstream: Upstream) -> None:
    begun, went_on = threading.Event(), threading.Event()
    first, second = '{"fahr', 'enheit": 25'
    upstream.say(
        CHUNKED,
        http_chunk(call_piece(0, id="call_1", function={"name": "toCelsius", "arguments": first})),
        begun,
        http_chunk(call_piece(0, function={"arguments": second})),
        went_on,
        http_chunk(call_piece(0, function={"arguments": "6}"}) + chunk({}, "tool_calls")),
        b"0\r\n\r\n",
    )
    screen.ask("tokens/8", "Convert 256°F to °C")
    expect(screen.reply).to_contain_text("Calls toCelsius")
    expect(screen.reply.locator("pre")).to_have_text(first)
    expect(screen.reply).to_contain_text("Calling a tool…")

    screen.page.reload()
    expect(screen.reply.locator("pre")).to_have_text(first)
    begun.set()
    expect(screen.reply.locator("pre")).to_have_text(first + second)
    went_on.set()

    screen.expect_state("done")
    # The request declared no tool of that name.
    expect(screen.reply).to_contain_text("The request declared no tool called “toCelsius”.")


def test_results_that_were_begun_are_there_after_a_reload(screen: Screen, upstream: Upstream) -> None:
    upstream.fixture("constructed-stream-tool-calls.sse")
    screen.ask("tokens/8", "Convert 256°F to °C")
    screen.expect_state("done")
    screen.reply.get_by_label("Result of toCelsius", exact=True).fill("124")
    screen.reply.get_by_label("It is an error").check()

    screen.page.reload()

    expect(screen.reply.get_by_label("Result of toCelsius", exact=True)).to_have_value("124")
    expect(screen.reply.get_by_label("It is an error")).to_be_checked()
    upstream.stream("So be it.")
    screen.button("Continue").click()
    expect(screen.reply).to_contain_text("So be it.")
    assert not screen.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('results'))")
    assert upstream.requests[-1].json["messages"][1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "toCelsius", "arguments": '{"fahrenheit":256}'},
                }
            ],
        },
        {"role": "tool", "content": "Error: 124", "tool_call_id": "call_1"},
    ]


def test_tools_hold_on_every_screen_and_for_everybody(screen: Screen) -> None:
    screen.open(model="demo/tools")
    parameter(screen, "tools").fill(json.dumps([CELSIUS]))
    screen.button("Edit as a form").click()
    expect_accessible(screen.page)
    screen.page.set_viewport_size({"width": 1280, "height": 800})

    screen.say("Convert it")
    screen.expect_state("done")
    expect_accessible(screen.page)
    screen.reply.get_by_label("Result of toCelsius", exact=True).fill("x" * 2000)
    screen.reply.get_by_label("Keep the result of toCelsius as a fixture").select_option("same")
    screen.button("Continue").click()
    expect(screen.replies).to_have_count(2)
    screen.expect_state("done")
    expect_accessible(screen.page)

    screen.open("/tools/fixtures/")
    expect_accessible(screen.page)
