"""Tools as they are defined in the panel: what is wrong is said with its place, and nothing wrong is sent."""

import json
from typing import Any

import pytest
from django.test import Client

from chat.tools.definitions import complaints
from providers.models import LanguageModel
from providers.parameters.tool_examples import tool_examples
from runs.models import Run
from tests.chat.panel_page import PanelPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def calling(model: LanguageModel) -> LanguageModel:
    """A model of which it is known that it takes tools."""
    model.parameters = {
        "max_tokens": {"type": "integer", "min": 1},
        "tools": {"type": "array"},
        "tool_choice": {"type": "any_of", "enum": ["none", "auto", "required"]},
        "parallel_tool_calls": {"type": "boolean"},
    }
    model.save()
    return model


def function(name: Any = "weather", **further: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **further}}


def with_schema(schema: Any) -> list[dict[str, Any]]:
    return [function(parameters=schema)]


@pytest.mark.parametrize(
    ("tools", "sentence"),
    [
        ([function(name="a" * 65)], "tools[0].function.name may have letters, digits, _ and - only"),
        ([function(name="get weather")], "tools[0].function.name may have letters"),
        ([function(name="")], "tools[0].function.name may have letters"),
        ([function(name=7)], "tools[0].function.name must be a text."),
        ([{"type": "function", "function": {}}], "tools[0].function.name is missing."),
        ([function(), function()], "tools[1].function.name is “weather”, and so is tools[0].function.name"),
        ([{"name": "a b", "input_schema": {}}], "tools[0].name may have letters"),
        ([{"type": "function", "name": "a b"}], "tools[0].name may have letters"),
        ([{"type": "custom", "custom": {"name": "a b"}}], "tools[0].custom.name may have letters"),
        (["weather"], "tools[0] must be an object."),
        (with_schema([]), "tools[0].function.parameters must be an object, such as"),
        (with_schema('{"type": '), "tools[0].function.parameters is not JSON: Expecting value, line 1, column 10."),
        (with_schema("{}"), "tools[0].function.parameters must be an object, such as"),
        (with_schema({"type": "string"}), "tools[0].function.parameters.type must be “object”"),
        (
            with_schema({"properties": {"city": {"type": "text"}}}),
            "tools[0].function.parameters is not a JSON Schema: properties.city.type",
        ),
        (
            [{"name": "weather", "input_schema": {"type": "object", "required": "city"}}],
            "tools[0].input_schema is not a JSON Schema: required must be a list",
        ),
    ],
)
def test_the_place_that_is_wrong_is_named(tools: Any, sentence: str) -> None:
    assert complaints({"tools": tools})["tools"].startswith(sentence)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"tools": []},
        {"tools": [function(), function("time", parameters=None, strict=True)]},
        {"tools": with_schema({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}})},
        {"tools": [{"type": "web_search"}, {"type": "builtin_function", "function": {"name": "web_search"}}]},
        {"tools": [{"type": "custom", "custom": {"name": "shell"}}], "tool_choice": "required"},
        {"tools": [function()], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
        {"tools": [{"type": "bash_20250124", "name": "bash"}], "tool_choice": {"type": "tool", "name": "bash"}},
    ],
)
def test_what_providers_take_is_not_complained_of(parameters: dict[str, Any]) -> None:
    assert complaints(parameters) == {}


def test_a_choice_of_a_tool_that_is_not_there_is_said() -> None:
    choice = {"type": "function", "function": {"name": "time"}}

    assert complaints({"tools": [function()], "tool_choice": choice}) == {
        "tool_choice": "tool_choice names “time”, which is not among the tools."
    }


@pytest.mark.parametrize("as_anthropic", [True, False])
def test_every_example_is_a_tool_that_could_be_sent(as_anthropic: bool) -> None:
    tools = [json.loads(tool) for tool, _ in tool_examples(as_anthropic=as_anthropic)]

    assert len(tools) == 4
    assert complaints({"tools": tools}) == {}


def send(client: Client, **fields: str) -> Any:
    form = {"text": "Hello", "model": "fake/one", "client_token": "token-1", **fields}
    return client.post("/conversations/", form, headers={"HX-Request": "true"})


def test_a_tool_that_is_wrong_is_said_at_its_control_and_not_sent(
    as_alice: Client, calling: LanguageModel, started: list[int]
) -> None:
    written = json.dumps(with_schema({"properties": {"city": {"type": "text"}}}))

    response = send(as_alice, tools=written)
    notes = as_alice.post("/parameters/notes/", {"parameters_of": str(calling.pk), "tools": written}).content.decode()

    assert response.status_code == 422
    assert "tools[0].function.parameters is not a JSON Schema" in response.content.decode()
    assert "tools[0].function.parameters is not a JSON Schema" in notes
    assert "1 cannot be sent" in notes
    assert not started


def test_tools_are_sent_as_they_were_written(as_alice: Client, calling: LanguageModel, started: list[int]) -> None:
    tools = [function(parameters={"type": "object", "properties": {}}, strict=True)]

    send(as_alice, tools=json.dumps(tools, indent=4), tool_choice="required", parallel_tool_calls="false")

    body = json.loads(Run.objects.get(pk=started[0]).request_body)
    assert (body["tools"], body["tool_choice"], body["parallel_tool_calls"]) == (tools, "required", False)


def test_what_is_sent_as_it_stands_is_only_advised_against(
    as_alice: Client, model: LanguageModel, started: list[int]
) -> None:
    further = json.dumps({"tools": [function(name="get weather")]})

    notes = as_alice.post("/parameters/notes/", {"parameters_of": str(model.pk), "further_parameters": further})
    send(as_alice, further_parameters=further)

    assert "tools[0].function.name may have letters" in notes.content.decode()
    assert len(started) == 1


def test_the_list_is_a_field_like_any_other_without_scripts(as_alice: Client, calling: LanguageModel) -> None:
    written = json.dumps([function()])

    page = as_alice.post("/parameters/", {"model": "fake/one", "parameters_of": str(calling.pk), "tools": written})

    assert PanelPage(page.content.decode()).fields["tools"] == written


def test_a_model_that_has_its_tools_as_anthropic_has_them_is_offered_such_examples(
    as_alice: Client, calling: LanguageModel
) -> None:
    calling.parameters["tools"] = {
        "type": "array",
        "properties": {"name": {"type": "string"}, "input_schema.*": {"type": "any"}},
    }
    calling.save()

    page = as_alice.get("/", {"model": "fake/one"}).content.decode()

    assert "input_schema" in page
    assert "&quot;type&quot;: &quot;function&quot;" not in page
