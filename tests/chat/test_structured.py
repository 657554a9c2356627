"""What the panel says about an answer that is to come as JSON."""

import json
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from chat.structured import ASK_FOR_JSON, with_advice
from providers.demo.models import MODELS
from providers.models import LanguageModel, Provider
from providers.parameters import Moved, shown
from providers.parameters.formats import EXAMPLES
from runs.schemas import check_schema


@pytest.fixture
def model(db: None) -> LanguageModel:
    facts = next(item for item in MODELS if item["id"] == "demo/json")
    provider = Provider.objects.create(name="Gateway", base_url="https://gateway.example/v1", needs_key=False)
    return LanguageModel.objects.create(
        provider=provider, model_id="demo/json", parameters=facts["parameters"], roles=facts["roles"]
    )


def advice(model: LanguageModel, written: Any, *said: str) -> str:
    text = written if isinstance(written, str) else json.dumps(written)
    panel = with_advice(shown(model.panel, Moved({"response_format": text})), said)
    (control,) = [control for control in panel.controls if control.name == "response_format"]
    assert not control.error
    return control.advice


def schema(held: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "place", "schema": held}}


@pytest.mark.parametrize("written", ["json_object", {"type": "json_object"}])
def test_json_that_no_message_asks_for_is_advised_against(model: LanguageModel, written: Any) -> None:
    assert advice(model, written, "Hello", "Be brief") == ASK_FOR_JSON
    assert advice(model, written, "Hello", "Answer in JSON.") == ""


def test_what_is_no_schema_is_said(model: LanguageModel) -> None:
    assert "properties must be an object" in advice(model, schema({"type": "object", "properties": []}))
    assert advice(model, schema({"type": "object"})) == ""
    assert advice(model, "") == advice(model, "text") == ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.name))
def test_every_example_is_a_strict_schema_that_can_be_sent(model: LanguageModel, example: Any) -> None:
    held = json.loads(example.schema)

    Draft202012Validator.check_schema(held)
    assert check_schema(held) == ""
    assert held["additionalProperties"] is False
    assert sorted(held["required"]) == sorted(held["properties"])
    assert advice(model, schema(held) | {"json_schema": {"name": example.name, "strict": True, "schema": held}}) == ""


def test_the_notes_of_the_panel_know_what_stands_in_the_composer(as_alice: Client, model: LanguageModel) -> None:
    form = {"parameters_of": str(model.pk), "response_format": "json_object"}

    unasked = as_alice.post("/parameters/notes/", form | {"text": "Hello"}).content.decode()
    asked = as_alice.post("/parameters/notes/", form | {"system_prompt": "As json, please."}).content.decode()

    assert ASK_FOR_JSON in unasked
    assert ASK_FOR_JSON not in asked
