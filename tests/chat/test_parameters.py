"""The parameter panel over HTTP: what is shown is what the provider receives, and a reload shows it again."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from chat.models import Conversation
from providers import client
from providers.dialects import DIALECTS
from providers.models import LanguageModel, Provider
from providers.parameters.nesting import flat
from runs.models import Run
from tests.chat.panel_page import PanelPage
from tests.faultserver import FaultServer
from tests.providers.documented import DOCUMENTED, UNDOCUMENTED, complaints, model, named, something_for
from tests.providers.listening import batches_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
# Models that differ in every way a panel can.
QWEN, CLAUDE, UNKNOWN = "alibaba/qwen3-32b", "anthropic/claude-sonnet-4.5", "perplexity/sonar"


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(name="Gateway", base_url="https://gateway.example/v1", needs_key=False)


def stored(provider: Provider, language_model: LanguageModel) -> LanguageModel:
    language_model.provider = provider
    language_model.save()
    return language_model


def form(language_model: LanguageModel, written: dict[str, str] | None = None, **fields: str) -> dict[str, str]:
    sent = {"text": "Hello", "model": language_model.model_id, "client_token": "token-1"}
    return sent | {"parameters_of": str(language_model.pk)} | (written or {}) | fields


def received(faults: FaultServer, body: bytes) -> Any:
    """What arrives at the provider when this body is sent."""

    async def call() -> None:
        async with batches_of(client.Call(faults.base_url, DIALECTS["aimlapi"], body, None)) as batches:
            async for _ in batches:
                pass

    async_to_sync(call)()
    return faults.requests[-1].json


def meant(kind: str, text: str) -> Any:
    """The value that a person means who writes this, thought out without the code that is tested."""
    match kind:
        case "number" | "integer":
            return float(text)
        case "switch":
            return {"true": True, "false": False}[text]
        case "lines":
            return text.split("\n")
        case "json" if text[0] in "[{":
            return json.loads(text)
        case _:
            return text


@pytest.mark.parametrize("item", DOCUMENTED, ids=lambda item: str(item["id"]))
def test_what_is_shown_is_what_the_provider_receives(
    as_alice: Client, provider: Provider, started: list[int], faults: FaultServer, item: dict[str, Any]
) -> None:
    language_model = stored(provider, model(item))
    fields = language_model.panel.fields
    written = {field.name: text for field in fields if (text := something_for(field))}

    as_alice.post("/conversations/", form(language_model, written))

    conversation = Conversation.objects.get()
    shown = PanelPage(as_alice.get(f"/conversations/{conversation.pk}/").content.decode()).fields
    assert {name: text for name, text in shown.items() if name in written} == written
    arrived = received(faults, Run.objects.get().request_body)
    asked = {name: value for name, value in arrived.items() if name not in ("model", "messages", "stream")}
    meanings = {field.name: meant(field.kind, shown[field.name]) for field in fields if field.name in written}
    assert flat(asked, written) == meanings
    assert asked.keys() - {name.partition(".")[0] for name in written} <= {"stream_options"}
    assert list(complaints(asked, item["parameters"])) == []
    assert arrived["stream"] is True


@pytest.mark.parametrize("item", UNDOCUMENTED[::25], ids=lambda item: str(item["id"]))
def test_what_is_typed_as_json_arrives_as_it_was_typed(
    as_alice: Client, provider: Provider, started: list[int], faults: FaultServer, item: dict[str, Any]
) -> None:
    LanguageModel.objects.filter(provider=provider).delete()
    language_model = stored(provider, model({**item, "type": "chat"}))
    typed = '{\n  "top_k": 40,\n  "provider": {"order": ["a"], "ratio": 1.5},\n  "text": "Ünïcode"\n}'

    as_alice.post("/conversations/", form(language_model, temperature="0.3", further_parameters=typed))

    arrived = received(faults, Run.objects.get().request_body)
    assert {name: arrived[name] for name in json.loads(typed)} == json.loads(typed)
    assert arrived["temperature"] == 0.3
    page = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    assert PanelPage(page).fields["further_parameters"] == typed
    assert ">Further parameters (JSON)</label>" in page


def test_texts_survive_a_reload_to_the_last_blank(as_alice: Client, provider: Provider, started: list[int]) -> None:
    language_model = stored(provider, named(QWEN))
    text = "\n\n  indented\n</textarea><b>\n\n"

    as_alice.post("/conversations/", form(language_model, {"prediction.content": text, "temperature": "0.50"}))

    page = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    shown = PanelPage(page).fields
    assert (shown["prediction.content"], shown["temperature"]) == (text, "0.50")
    assert json.loads(Run.objects.get().request_body)["prediction"] == {"type": "content", "content": text}


def test_the_record_of_a_run_has_what_was_set_and_no_more(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    language_model = stored(provider, named(CLAUDE))

    as_alice.post("/conversations/", form(language_model, {"thinking.budget_tokens": "2000"}))

    assert Run.objects.get().parameters == {"thinking": {"type": "enabled", "budget_tokens": 2000}}


# What is wrong


def test_a_rule_that_is_not_kept_is_said_at_its_control_and_nothing_is_sent(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    language_model = stored(provider, named(QWEN))

    response = as_alice.post("/conversations/", form(language_model, thinking_budget="50"), headers=HTMX)

    page = response.content.decode()
    sentence = "thinking_budget needs enable_thinking: switch that on, or reset thinking_budget."
    assert response.status_code == 422
    assert page.count(sentence) == 2
    note = page.partition('id="parameter-thinking_budget-note"')[2].partition("</div>")[0]
    assert sentence in note
    assert "Hello" in page
    assert 'name="thinking_budget"' not in page
    assert not Run.objects.exists()


def test_without_script_the_page_comes_back_with_the_sentence_at_the_control(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    language_model = stored(provider, named(QWEN))

    response = as_alice.post("/conversations/", form(language_model, temperature="warm"))

    page = response.content.decode()
    note = page.partition('id="parameter-temperature-note"')[2].partition("</div>")[0]
    assert response.status_code == 422
    assert "temperature must be a number" in note
    assert PanelPage(page).fields["temperature"] == "warm"


def test_advice_does_not_keep_a_message_from_being_sent(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    language_model = stored(provider, named(QWEN))

    as_alice.post("/conversations/", form(language_model, temperature="0.5", top_p="0.5"))

    page = as_alice.get(f"/conversations/{Conversation.objects.get().pk}/").content.decode()
    assert "temperature and top_p do the same in two ways" in page
    assert len(started) == 1


# While it is typed


def test_after_each_change_the_notes_come_anew_and_the_fields_stay(as_alice: Client, provider: Provider) -> None:
    language_model = stored(provider, named(QWEN))

    response = as_alice.post(
        "/parameters/notes/", {"parameters_of": language_model.pk, "temperature": "3", "top_logprobs": "5", "seed": "1"}
    )

    page = response.content.decode()
    assert "temperature must be between 0 and 2 for this model." in page
    assert "top_logprobs needs logprobs" in page
    assert "3 set, 2 cannot be sent." in page
    assert "<input" not in page
    assert page.count("hx-swap-oob") == len(language_model.panel.fields) + 5


def test_values_longer_than_an_address_are_looked_at_too(as_alice: Client, provider: Provider) -> None:
    language_model = stored(provider, named(QWEN))
    content = "x" * 90_000

    response = as_alice.post("/parameters/notes/", {"parameters_of": language_model.pk, "prediction.content": content})

    assert "1 set." in response.content.decode()


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
@pytest.mark.parametrize("address", ["/parameters/notes/", "/parameters/"])
def test_a_strangers_model_has_no_panel(
    request: pytest.FixtureRequest, provider: Provider, team: Any, who: str, address: str
) -> None:
    provider.team = team
    provider.save()
    language_model = stored(provider, named(QWEN))
    response = request.getfixturevalue(who).post(
        address, {"parameters_of": language_model.pk, "language_model": language_model.pk, "model": QWEN}
    )

    assert ("enable_thinking" in response.content.decode()) == (who == "as_bob")


@pytest.mark.parametrize("named_model", ["", "0", "x", "-1"])
def test_notes_for_no_model_are_not_found(as_alice: Client, named_model: str) -> None:
    assert as_alice.post("/parameters/notes/", {"parameters_of": named_model}).status_code == 404


def test_nobody_is_asked_to_sign_in_first(as_nobody: Client) -> None:
    assert as_nobody.post("/parameters/notes/").status_code == 302


# Another model


def switch(as_alice: Client, old: LanguageModel, new: LanguageModel, **typed: str) -> str:
    fields = {"parameters_of": str(old.pk), "model": new.model_id, "language_model": str(new.pk)}
    return as_alice.post("/parameters/", fields | typed).content.decode()


def test_another_models_panel_keeps_what_fits_and_says_what_does_not(as_alice: Client, provider: Provider) -> None:
    qwen, claude = stored(provider, named(QWEN)), stored(provider, named(CLAUDE))

    page = switch(as_alice, qwen, claude, temperature="0.5", seed="5", stop="END")

    shown = PanelPage(page).fields
    assert (shown["temperature"], shown["stop_sequences"]) == ("0.5", "END")
    assert "seed (5) was left out: this model does not have it." in page
    assert "stop is called stop_sequences here, and was moved there." in page
    assert "seed" not in shown
    assert shown["left_out.seed"] == "5"


def test_what_was_left_out_comes_back(as_alice: Client, provider: Provider) -> None:
    qwen, claude = stored(provider, named(QWEN)), stored(provider, named(CLAUDE))
    shown = PanelPage(switch(as_alice, qwen, claude, seed="5", temperature="1.7")).fields

    page = switch(
        as_alice, claude, qwen, **{name: text for name, text in shown.items() if name.startswith("left_out.")}
    )

    assert PanelPage(page).fields["seed"] == "5"
    assert PanelPage(page).fields["temperature"] == "1.7"
    assert "was left out" not in page


def test_a_model_that_does_not_exist_keeps_everything_for_later(as_alice: Client, provider: Provider) -> None:
    qwen = stored(provider, named(QWEN))

    page = as_alice.post("/parameters/", {"parameters_of": qwen.pk, "model": "no/such", "seed": "5"}).content.decode()

    assert "Choose a model to see its parameters." in page
    assert PanelPage(page).fields == {"parameters_of": "", "left_out.seed": "5"}
    assert PanelPage(switch(as_alice, LanguageModel(), qwen, **{"left_out.seed": "5"})).fields["seed"] == "5"


def test_a_message_to_a_model_that_takes_less_than_the_panel_shows_is_not_sent_behind_ones_back(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    qwen, claude = stored(provider, named(QWEN)), stored(provider, named(CLAUDE))
    sent = form(claude, parameters_of=str(qwen.pk), seed="5", temperature="0.5")

    response = as_alice.post("/conversations/", sent, headers=HTMX)

    page = response.content.decode()
    assert response.status_code == 422
    assert "The parameters were those of another model." in page
    assert not started
    again = PanelPage(page).fields
    assert (again["parameters_of"], again["temperature"]) == (str(claude.pk), "0.5")
    as_alice.post("/conversations/", form(claude, again))
    assert json.loads(Run.objects.get().request_body)["temperature"] == 0.5


def test_a_message_to_a_model_that_takes_all_of_it_is_sent_and_the_panel_follows(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    qwen, claude = stored(provider, named(QWEN)), stored(provider, named(CLAUDE))

    page = as_alice.post(
        "/conversations/", form(claude, parameters_of=str(qwen.pk), temperature="0.5"), headers=HTMX
    ).content.decode()

    assert len(started) == 1
    assert PanelPage(page).fields["parameters_of"] == str(claude.pk)
    assert PanelPage(page).fields["temperature"] == "0.5"


def test_a_message_to_the_model_of_the_panel_leaves_the_panel_as_it_is(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    qwen = stored(provider, named(QWEN))

    page = as_alice.post("/conversations/", form(qwen), headers=HTMX).content.decode()

    assert 'id="parameters"' not in page


def test_an_assistant_that_said_nothing_is_not_sent_as_a_message(
    as_alice: Client, provider: Provider, started: list[int]
) -> None:
    """The data's rule `assistant-content-or-tool-calls`."""
    qwen = stored(provider, named(QWEN))
    as_alice.post("/conversations/", form(qwen))
    Run.objects.update(state="failed", text="")
    conversation = Conversation.objects.get()

    as_alice.post(f"/conversations/{conversation.pk}/messages/", form(qwen, client_token="token-2"))

    messages = json.loads(Run.objects.latest("pk").request_body)["messages"]
    assert [message["role"] for message in messages] == ["user", "user"]
