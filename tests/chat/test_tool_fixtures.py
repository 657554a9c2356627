"""Fixtures: a result that is kept fills itself in the next time, so that Continue is all that is left to press."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Message, ToolFixture
from providers.models import LanguageModel
from tests.chat.test_tool_results import HTMX, answer, asked, call, page_of, sent

pytestmark = pytest.mark.django_db

BAD = call("weather", '{"city": "Zür')


def form_of(page: str) -> dict[str, str]:
    """The results form of a page as a browser would send it, with nothing typed."""
    form = page[page.index("<tool-results") : page.index("</tool-results>")]
    fields = re.findall(r'name="(result\.\d+)".*?>(.*?)</textarea>', form, re.DOTALL)
    ticked = re.findall(r'name="(error\.\d+)"\s+checked', form)
    return {**{name: unescape(text) for name, text in fields}, **dict.fromkeys(ticked, "on")}


def replay(client: Client, reply: Message, token: str) -> Any:
    """Press Continue in the form as it stands on the page."""
    written = {**form_of(page_of(client, reply)), "client_token": token}
    return client.post(f"/messages/{reply.pk}/results/", written, headers=HTMX)


@pytest.mark.parametrize(
    ("calls", "typed"),
    [
        # Parallel calls
        (
            [call("weather", '{"city": "Zürich"}'), call("time", "{}")],
            {"result.0": '{"degrees": 18}', "keep.0": "same", "result.1": "12:00", "keep.1": "same"},
        ),
        # Arguments that are no JSON
        ([BAD], {"result.0": "Which city?", "keep.0": "same"}),
        # An error
        ([call("weather", "{}")], {"result.0": "no such city", "error.0": "on", "keep.0": "any"}),
    ],
)
def test_what_was_kept_is_sent_again_without_typing(
    as_alice: Client,
    alice: User,
    model: LanguageModel,
    started: list[int],
    calls: list[dict[str, str]],
    typed: dict[str, str],
) -> None:
    first = asked(alice, model, calls)
    as_alice.post(f"/messages/{first.pk}/results/", {**typed, "client_token": "typed"}, headers=HTMX)
    told = sent()
    again = asked(alice, model, calls, token="another")

    assert replay(as_alice, again, "replayed").status_code == 200

    assert len(started) == 2
    assert sent() == told


def test_the_arguments_of_a_fixture_have_no_order(as_alice: Client, alice: User, model: LanguageModel) -> None:
    kept(alice, "weather", '{"city": "Zürich", "unit": "C"}', "18 °C")

    reply = asked(alice, model, [call("weather", '{ "unit":"C", "city":"Z\\u00fcrich" }')])

    assert form_of(page_of(as_alice, reply)) == {"result.0": "18 °C"}
    assert "Filled in from a fixture" in page_of(as_alice, reply)


def kept(user: User, name: str, arguments: str, result: str, *, is_error: bool = False) -> ToolFixture:
    fixture = ToolFixture(user=user, tool_name=name, arguments=arguments, result=result, is_error=is_error)
    fixture.put()
    return fixture


def test_a_fixture_for_these_arguments_comes_before_one_for_any(
    as_alice: Client, alice: User, model: LanguageModel
) -> None:
    kept(alice, "weather", '{"city": "Bern"}', "17 °C")
    kept(alice, "weather", "", "unknown")

    reply = asked(alice, model, [call("weather", '{"city":"Bern"}', "1"), call("weather", "{}", "2")])

    assert form_of(page_of(as_alice, reply)) == {"result.0": "17 °C", "result.1": "unknown"}


def test_fixtures_of_others_are_not_filled_in(as_alice: Client, alice: User, bob: User, model: LanguageModel) -> None:
    kept(bob, "weather", "", "of Bob")

    assert form_of(page_of(as_alice, asked(alice, model, [call("weather", "{}")]))) == {"result.0": ""}


def test_keeping_it_again_takes_the_place_of_the_old_one(
    as_alice: Client, alice: User, model: LanguageModel, started: list[int]
) -> None:
    old = kept(alice, "weather", "{}", "18 °C")
    reply = asked(alice, model, [call("weather", "{}")])

    answer(as_alice, reply, **{"result.0": "19 °C", "keep.0": "same"})

    fixture = ToolFixture.objects.of(alice).get()
    assert (fixture.pk, fixture.result) == (old.pk, "19 °C")


def test_what_is_not_to_be_kept_is_not(as_alice: Client, alice: User, model: LanguageModel, started: list[int]) -> None:
    answer(as_alice, asked(alice, model, [call("weather", "{}")]), **{"result.0": "19 °C", "keep.0": ""})

    assert not ToolFixture.objects.exists()


def test_fixtures_are_listed_newest_first_page_by_page(as_alice: Client, alice: User) -> None:
    for number in range(51):
        kept(alice, f"tool_{number}", "", "<i>done</i>")

    page = as_alice.get("/tools/fixtures/").content.decode()
    assert page.index("tool_50<") < page.index("tool_49<")
    assert "tool_0<" not in page
    assert "&lt;i&gt;done&lt;/i&gt;" in page
    [older] = re.findall(r'href="(\?before=\d+)"', page)
    assert "tool_0<" in as_alice.get(f"/tools/fixtures/{older}").content.decode()


def test_a_fixture_can_be_changed(as_alice: Client, alice: User, model: LanguageModel) -> None:
    fixture = kept(alice, "weather", '{"city": "Bern"}', "17 °C")
    address = f"/tools/fixtures/{fixture.pk}/"
    assert "17 °C" in as_alice.get(address).content.decode()

    as_alice.post(address, {"arguments": "", "result": "no such city", "error": "on"})

    reply = asked(alice, model, [call("weather", "{}")])
    assert form_of(page_of(as_alice, reply)) == {"result.0": "no such city", "error.0": "on"}


def test_a_fixture_needs_a_result(as_alice: Client, alice: User) -> None:
    fixture = kept(alice, "weather", '{"city": "Bern"}', "17 °C")

    response = as_alice.post(f"/tools/fixtures/{fixture.pk}/", {"arguments": '{"city": "Basel"}', "result": " "})

    assert response.status_code == 422
    assert "Basel" in response.content.decode()
    fixture.refresh_from_db()
    assert fixture.result == "17 °C"


def test_one_that_is_changed_to_answer_the_same_calls_takes_the_others_place(as_alice: Client, alice: User) -> None:
    old, new = kept(alice, "weather", "", "old"), kept(alice, "weather", "{}", "new")

    as_alice.post(f"/tools/fixtures/{new.pk}/", {"arguments": "", "result": "new"})

    assert list(ToolFixture.objects.of(alice)) == [new]
    assert list(ToolFixture.objects.deleted_by(alice)) == [old]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_deleted_fixture_can_be_brought_back(as_alice: Client, alice: User, headers: dict[str, str]) -> None:
    fixture = kept(alice, "weather", "", "18 °C")

    response = as_alice.post(f"/tools/fixtures/{fixture.pk}/delete/", headers=headers, follow=True)

    assert "was deleted" in response.content.decode()
    assert "Undo" in response.content.decode()
    assert not ToolFixture.objects.of(alice).exists()
    response = as_alice.post(f"/tools/fixtures/{fixture.pk}/restore/", headers=headers, follow=True)
    assert "18 °C" in response.content.decode()
    assert ToolFixture.objects.of(alice).get() == fixture


def test_one_that_comes_back_takes_the_place_of_what_was_kept_since(as_alice: Client, alice: User) -> None:
    old = kept(alice, "weather", "", "old")
    old.delete_softly()
    new = kept(alice, "weather", "", "new")

    as_alice.post(f"/tools/fixtures/{old.pk}/restore/")

    assert ToolFixture.objects.of(alice).get() == old
    assert ToolFixture.objects.deleted_by(alice).get() == new


def test_fixtures_are_for_nobody_else(as_bob: Client, as_charlie: Client, as_nobody: Client, alice: User) -> None:
    fixture = kept(alice, "weather", "", "18 °C")
    address = f"/tools/fixtures/{fixture.pk}/"

    for client in (as_bob, as_charlie):
        assert "weather" not in client.get("/tools/fixtures/").content.decode()
        assert client.post(address, {"result": "x"}).status_code == 404
        assert client.post(f"{address}delete/").status_code == 404
        assert client.post(f"{address}restore/").status_code == 404
    for path in ("/tools/fixtures/", address):
        assert "/accounts/login/" in as_nobody.get(path).headers["Location"]
    fixture.refresh_from_db()
    assert (fixture.result, fixture.deleted_at) == ("18 °C", None)
