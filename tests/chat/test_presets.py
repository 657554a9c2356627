"""Presets: the panel under a name, for oneself or for a team."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, Team, User
from chat.models import Conversation, Preset
from providers.models import LanguageModel, Provider
from tests.chat.panel_page import PanelPage
from tests.providers.documented import named

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
CLAUDE, QWEN = "anthropic/claude-sonnet-4.5", "alibaba/qwen3-32b"


@pytest.fixture
def claude(model: LanguageModel) -> LanguageModel:
    return stored(model.provider, named(CLAUDE))


def stored(provider: Provider, language_model: LanguageModel) -> LanguageModel:
    language_model.provider = provider
    language_model.save()
    return language_model


def panel(language_model: LanguageModel, **fields: str) -> dict[str, str]:
    """What the composer and its panel send along."""
    named = {"model": language_model.model_id, "language_model": str(language_model.pk)}
    return {**named, "parameters_of": str(language_model.pk), "text": "My draft", **fields}


def preset_of(user: User, language_model: LanguageModel, **fields: Any) -> Preset:
    settings = {"system_prompt": "Be brief", "parameters": {"temperature": "0.50"}, "name": "Brief"}
    return Preset.objects.create(
        user=user, language_model=language_model, model_id=language_model.model_id, **{**settings, **fields}
    )


def fields_of(page: str) -> dict[str, str]:
    return PanelPage(page).fields


def test_the_panel_is_saved_as_it_was_typed(as_alice: Client, alice: User, model: LanguageModel) -> None:
    answer = as_alice.post(
        "/presets/save/", panel(model, name="  Brief  one ", system_prompt="Be brief", temperature="0.50"), headers=HTMX
    )
    preset = Preset.objects.visible_to(alice).get()
    assert (preset.name, preset.language_model, preset.system_prompt) == ("Brief one", model, "Be brief")
    assert preset.parameters == {"temperature": "0.50"}
    assert "“Brief one” was saved." in answer.content.decode()


def test_applying_a_preset_sets_model_prompt_and_parameters(
    as_alice: Client, alice: User, model: LanguageModel, claude: LanguageModel
) -> None:
    preset = preset_of(alice, model)
    page = as_alice.post(f"/presets/{preset.pk}/apply/", panel(claude), headers=HTMX).content.decode()
    shown = fields_of(page)
    assert (shown["model"], shown["system_prompt"], shown["temperature"]) == ("fake/one", "Be brief", "0.50")
    assert shown["parameters_of"] == str(model.pk)
    assert page.count("hx-swap-oob") == 3


def test_what_stood_there_comes_back_with_undo(
    as_alice: Client, alice: User, model: LanguageModel, claude: LanguageModel
) -> None:
    preset = preset_of(alice, model)
    mine = panel(claude, system_prompt='Mine, with "quotes" & <b>', max_tokens="7x")
    page = as_alice.post(f"/presets/{preset.pk}/apply/", mine, headers=HTMX).content.decode()
    found = re.search(r'name="before" value="([^"]*)"', page)
    assert found
    before = found[1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    again = as_alice.post("/presets/unapply/", {"before": before}, headers=HTMX).content.decode()
    shown = fields_of(again)
    assert (shown["model"], shown["system_prompt"]) == (CLAUDE, mine["system_prompt"])
    assert shown["max_tokens"] == "7x"


@pytest.mark.parametrize("before", ["", "no json", "[]", "3"])
def test_a_way_back_that_is_broken_is_a_sentence(as_alice: Client, model: LanguageModel, before: str) -> None:
    answer = as_alice.post("/presets/unapply/", {"before": before}, headers=HTMX)
    assert answer.status_code == 422
    assert "not known any more" in answer.content.decode()


def test_settings_that_the_model_does_not_take_any_more_are_named(
    as_alice: Client, alice: User, claude: LanguageModel
) -> None:
    preset = preset_of(alice, claude, parameters={"temperature": "0.5", "frequency_penalty": "1"})
    page = as_alice.post(f"/presets/{preset.pk}/apply/", panel(claude), headers=HTMX).content.decode()
    assert "frequency_penalty (1) was left out: this model does not have it." in page
    assert fields_of(page)["temperature"] == "0.5"
    assert fields_of(page)["left_out.frequency_penalty"] == "1"


def test_without_script_the_link_opens_the_page_with_it(as_alice: Client, alice: User, model: LanguageModel) -> None:
    preset = preset_of(alice, model)
    assert f'href="?preset={preset.pk}"' in as_alice.get("/").content.decode()
    shown = fields_of(as_alice.get(f"/?preset={preset.pk}").content.decode())
    assert (shown["model"], shown["system_prompt"], shown["temperature"]) == ("fake/one", "Be brief", "0.50")
    conversation = Conversation.objects.create(user=alice, system_prompt="As it was")
    page = as_alice.get(f"/conversations/{conversation.pk}/?preset={preset.pk}").content.decode()
    assert fields_of(page)["system_prompt"] == "Be brief"
    conversation.refresh_from_db()
    assert conversation.system_prompt == "As it was"


def test_without_script_a_conversations_settings_are_saved(as_alice: Client, alice: User, model: LanguageModel) -> None:
    conversation = Conversation.objects.create(
        user=alice, language_model=model, system_prompt="Here", parameters={"top_p": "0.1"}
    )
    answer = as_alice.post("/presets/save/", {"name": "Kept", "conversation": str(conversation.pk)})
    assert answer["Location"] == f"/conversations/{conversation.pk}/"
    preset = Preset.objects.get()
    assert (preset.system_prompt, preset.parameters, preset.language_model) == ("Here", {"top_p": "0.1"}, model)


@pytest.mark.parametrize(("fields", "sentence"), [({"name": " "}, "Give the preset a name."), ({"model": "x/y"}, "")])
def test_a_preset_needs_a_name_and_a_model(
    as_alice: Client, model: LanguageModel, fields: dict[str, str], sentence: str
) -> None:
    typed = {**panel(model, name="Brief"), "language_model": "", **fields}
    answer = as_alice.post("/presets/save/", typed, headers=HTMX)
    assert answer.status_code == 422
    assert (sentence or "Choose a model first.") in answer.content.decode()
    assert not Preset.objects.exists()


# Changing, with a way back


def test_a_preset_is_renamed_and_renamed_back(as_alice: Client, alice: User, model: LanguageModel) -> None:
    preset = preset_of(alice, model)
    answer = as_alice.post(f"/presets/{preset.pk}/change/", {"name": "Terse"}, headers=HTMX).content.decode()
    assert "“Terse” was changed." in answer
    assert f"/presets/{preset.pk}/undo/" in answer
    as_alice.post(f"/presets/{preset.pk}/undo/", headers=HTMX)
    assert Preset.objects.get().name == "Brief"


def test_a_preset_is_updated_to_the_panel_and_back(
    as_alice: Client, alice: User, model: LanguageModel, claude: LanguageModel
) -> None:
    preset = preset_of(alice, model)
    now = panel(claude, name="ignored", take="settings", system_prompt="Another", max_tokens="9")
    as_alice.post(f"/presets/{preset.pk}/change/", now, headers=HTMX)
    preset.refresh_from_db()
    assert (preset.name, preset.language_model, preset.system_prompt) == ("Brief", claude, "Another")
    assert preset.parameters == {"max_tokens": "9"}
    as_alice.post(f"/presets/{preset.pk}/undo/")
    preset.refresh_from_db()
    assert (preset.language_model, preset.system_prompt) == (model, "Be brief")
    assert preset.parameters == {"temperature": "0.50"}


def test_the_way_back_outlives_the_model_it_leads_to(as_alice: Client, alice: User, claude: LanguageModel) -> None:
    other = LanguageModel.objects.create(provider=claude.provider, model_id="gone/one")
    preset = preset_of(alice, other)
    as_alice.post(f"/presets/{preset.pk}/change/", panel(claude, take="settings"), headers=HTMX)
    other.delete()
    as_alice.post(f"/presets/{preset.pk}/undo/")
    preset.refresh_from_db()
    assert (preset.model_id, preset.language_model) == ("gone/one", None)
    page = as_alice.post(f"/presets/{preset.pk}/apply/", panel(claude), headers=HTMX).content.decode()
    assert "No provider here has a model called “gone/one”." in page
    assert fields_of(page)["model"] == CLAUDE
    assert fields_of(page)["system_prompt"] == "Be brief"


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_deleted_preset_can_be_brought_back(
    as_alice: Client, alice: User, model: LanguageModel, headers: dict[str, str]
) -> None:
    preset = preset_of(alice, model)
    page = as_alice.post(f"/presets/{preset.pk}/delete/", headers=headers, follow=not headers).content.decode()
    assert "“Brief” was deleted." in page
    assert f"/presets/{preset.pk}/undo/" in page
    assert not Preset.objects.visible_to(alice).exists()
    as_alice.post(f"/presets/{preset.pk}/undo/")
    assert Preset.objects.visible_to(alice).get() == preset


# Sharing


def test_a_preset_is_shared_with_a_team(
    as_alice: Client, as_bob: Client, as_charlie: Client, team: Team, model: LanguageModel
) -> None:
    as_alice.post("/presets/save/", panel(model, name="For all", team=str(team.pk)), headers=HTMX)
    preset = Preset.objects.get()
    assert "For all" in as_bob.get("/").content.decode()
    assert "· by alice@example.org" in as_bob.get("/").content.decode()
    assert "For all" not in as_charlie.get("/").content.decode()
    page = as_bob.post(f"/presets/{preset.pk}/apply/", panel(model), headers=HTMX).content.decode()
    assert "“For all” was applied." in page


def test_a_team_mate_applies_it_with_the_models_that_they_have(
    as_alice: Client, as_bob: Client, alice: User, team: Team, model: LanguageModel
) -> None:
    hidden = Provider.objects.create(name="Mine", base_url="https://mine.example/v1", team=alice.personal_team)
    private = stored(hidden, named(QWEN))
    preset = preset_of(alice, private, team=team, parameters={"temperature": "0.2", "enable_thinking": "true"})
    page = as_bob.post(f"/presets/{preset.pk}/apply/", panel(model), headers=HTMX).content.decode()
    assert "No provider here has a model called “alibaba/qwen3-32b”. fake/one stays chosen." in page
    assert fields_of(page)["temperature"] == "0.2"
    assert "enable_thinking (true) was left out" in page


def test_a_member_does_not_change_what_is_shared_and_a_keeper_does(
    as_bob: Client, alice: User, bob: User, team: Team, model: LanguageModel
) -> None:
    preset = preset_of(alice, model, team=team)
    for what in ("change", "delete", "undo"):
        assert as_bob.post(f"/presets/{preset.pk}/{what}/", {"name": "Bob's"}).status_code == 404
    assert "Change Brief" not in as_bob.get("/").content.decode()
    Membership.objects.filter(user=bob, team=team).update(role=Membership.Role.KEEPER)
    as_bob.post(f"/presets/{preset.pk}/change/", {"name": "Bob's"})
    preset.refresh_from_db()
    assert (preset.name, preset.team, preset.user) == ("Bob's", team, alice)


def test_nothing_is_shared_with_a_team_one_is_not_in(as_charlie: Client, team: Team, model: LanguageModel) -> None:
    as_charlie.post("/presets/save/", panel(model, name="Mine", team=str(team.pk)))
    assert Preset.objects.get().team is None


@pytest.mark.parametrize("who", ["as_bob", "as_charlie"])
def test_what_is_not_shared_does_not_exist_for_others(
    request: pytest.FixtureRequest, who: str, alice: User, model: LanguageModel
) -> None:
    preset = preset_of(alice, model)
    client: Client = request.getfixturevalue(who)
    for what in ("apply", "change", "delete", "undo"):
        assert client.post(f"/presets/{preset.pk}/{what}/", panel(model)).status_code == 404
    assert fields_of(client.get(f"/?preset={preset.pk}").content.decode())["system_prompt"] == ""


def test_a_deleted_preset_of_another_is_not_brought_back(as_charlie: Client, alice: User, model: LanguageModel) -> None:
    preset = preset_of(alice, model)
    preset.delete_softly()
    assert as_charlie.post(f"/presets/{preset.pk}/undo/").status_code == 404
    assert "Brief" not in as_charlie.get(f"/?preset_undo={preset.pk}").content.decode()


def test_whoever_is_not_signed_in_is_asked_to(as_nobody: Client, alice: User, model: LanguageModel) -> None:
    preset = preset_of(alice, model)
    for path in ("save/", "unapply/", f"{preset.pk}/apply/", f"{preset.pk}/delete/"):
        assert as_nobody.post(f"/presets/{path}")["Location"].startswith("/accounts/login/")


def test_a_long_list_comes_in_pages(as_alice: Client, alice: User, model: LanguageModel) -> None:
    for number in range(35):
        preset_of(alice, model, name=f"Preset {number:02}")
    first = as_alice.get("/").content.decode()
    assert "Preset 29" in first
    assert "Preset 30" not in first
    assert "/presets/?page=2" in first
    assert "Preset 34" in as_alice.get("/presets/?page=2", headers=HTMX).content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(
    as_alice: Client, alice: User, team: Team, model: LanguageModel
) -> None:
    preset_of(alice, model, team=team)
    with CaptureQueriesContext(connection) as for_one:
        as_alice.get("/presets/")
    for number in range(20):
        preset_of(alice, model, team=team, name=f"Preset {number}")
    with CaptureQueriesContext(connection) as for_many:
        as_alice.get("/presets/")
    assert len(for_many) == len(for_one)


def test_what_is_kept_of_before_is_small(as_alice: Client, alice: User, model: LanguageModel) -> None:
    preset = preset_of(alice, model)
    page = as_alice.post(f"/presets/{preset.pk}/apply/", panel(model, text="x" * 5000), headers=HTMX).content.decode()
    found = re.search(r'name="before" value="([^"]*)"', page)
    assert found
    assert "text" not in json.loads(found[1].replace("&quot;", '"'))
