"""The details of a run: what was sent, what came back, and who may see it."""

import json
import re
import zlib
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from accounts.models import ApiKey, Team, User
from accounts.secret import Secret
from providers import client
from providers.models import LanguageModel, Provider
from runs.engine import Engine
from runs.models import Attempt, Run
from runs.views.details import PAGE
from tests.faultserver import FaultServer
from tests.runs.reader import Reader

HTMX = {"HX-Request": "true"}
KEY = "sk-CANARY-0123456789wxyz"
Queue = Callable[..., Run]
CHUNK = re.compile(
    r'<li value="(\d+)">\s*<span class="hint">\1</span> <span class="hint">(\d+) ms</span>.*?<pre>(.*?)</pre>',
    re.DOTALL,
)


def text(answer: Any) -> str:
    """What a person reads, blanks as one."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def code_in(answer: Any) -> str:
    """Code on a page, whose colours divide words that belong together."""
    return unescape(re.sub(r"<[^>]+>", "", answer.content.decode()))


def page_of(user_client: Client, run: Run, **fields: Any) -> str:
    Run.objects.filter(pk=run.pk).update(**fields)
    return text(user_client.get(f"/runs/{run.pk}/"))


def packed(pieces: list[tuple[int, str]]) -> bytes:
    return zlib.compress("".join(f"{ms}\t{json.dumps(piece)}\n" for ms, piece in pieces).encode())


@pytest.fixture
async def connected(running_engine: Engine) -> AsyncIterator[Engine]:
    yield running_engine
    await running_engine.drain(0)
    await client.close()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "chunks/", "request.json", "chunks.txt", "code/"])
def test_only_whose_run_it_is_sees_it(
    as_alice: Client, as_bob: Client, as_charlie: Client, as_nobody: Client, queued: Queue, page: str
) -> None:
    address = f"/runs/{queued().pk}/{page}"

    assert as_alice.get(address).status_code == 200
    assert as_bob.get(address).status_code == 404
    assert as_charlie.get(address).status_code == 404
    assert as_nobody.get(address).status_code == 302
    assert as_alice.post(address).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "chunks/", "request.json", "chunks.txt", "code/"])
def test_a_run_that_does_not_exist_is_not_found(as_alice: Client, page: str) -> None:
    assert as_alice.get(f"/runs/999999/{page}").status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_what_is_shown_is_what_left(
    connected: Engine, alice: User, as_alice: Client, team: Team, faults: FaultServer
) -> None:
    """The address, every header and the body, as the provider received them; of the key four characters."""
    provider = await Provider.objects.acreate(name="Faults", team=team, base_url=faults.base_url)
    await sync_to_async(ApiKey.objects.store)(alice, provider.origin, Secret(KEY))
    model = await LanguageModel.objects.acreate(provider=provider, model_id="tokens/8")
    messages = [{"role": "user", "content": "“Hi”, <b>you</b> & me\n"}]
    sending: dict[str, Any] = {"to_send": {"max_tokens": 9}, "as_set": {}}
    run = await sync_to_async(Run.objects.queue)(user=alice, model=model, messages=messages, **sending)
    reader = Reader(run)
    connected.start(run.pk)
    await reader.end()

    answer = await sync_to_async(as_alice.get)(f"/runs/{run.pk}/")

    page, [received] = text(answer), faults.requests
    assert f"POST {faults.base_url}/chat/completions" in page
    for name, value in received.headers.items():
        assert f"{name}: {value.replace(KEY, '…wxyz')}" in page
    assert "authorization: Bearer …wxyz" in page
    assert KEY not in answer.content.decode()
    assert " ".join(received.body.decode().split()) in page
    assert " ".join(json.dumps(received.json, ensure_ascii=False, indent=2).split()) in page
    saved = await sync_to_async(as_alice.get)(f"/runs/{run.pk}/request.json")
    assert saved.content == received.body
    assert "attachment" in saved.headers["Content-Disposition"]


@pytest.mark.django_db
def test_the_facts_are_shown(as_alice: Client, queued: Queue) -> None:
    run = queued()
    Attempt.objects.filter(run=run).update(state="finished", status=None)
    Attempt.objects.create(run=run, number=2, state="failed", status=429, error_kind="rate_limited")

    page = page_of(
        as_alice,
        run,
        state="done",
        served_model="fake/one-2026-01",
        request_id="req-7",
        finish_reason="stop",
        finish_reason_raw="end_turn",
        prompt_tokens=12,
        output_tokens=340,
        reasoning_tokens=40,
        cost_usd=Decimal("0.00012"),
        cost_source="reported",
        cost_note="meta.usage.usd_spent",
        first_byte_ms=150,
        first_token_ms=210,
        duration_ms=3610,
        usage_raw={"prompt_tokens": 12, "odd": "yes"},
        parameters={"temperature": 0.5, "stop": ["a", "é"]},
    )

    for fact in [
        "State Done",
        "Requested model fake/one",
        "Served model fake/one-2026-01",
        "Provider Fake",
        "Request id req-7",
        "Finish reason stop (said as end_turn )",
        "Tokens in 12",
        "Tokens out 340 (40 reasoning)",
        "Cost $0.00012, reported: meta.usage.usd_spent",
        "First byte 150 ms",
        "First token 210 ms",
        "End 3610 ms",
        "Speed 100 tokens/s",
        '"odd": "yes"',
        "temperature 0.5",
        'stop ["a", "é"]',
        "1 Finished",
        "2 Failed",
        "rate_limited (status 429)",
    ]:
        assert fact in page


@pytest.mark.django_db
def test_what_is_not_known_is_said_and_never_shown_as_zero(as_alice: Client, queued: Queue) -> None:
    page = page_of(as_alice, queued(), state="done", cost_note="Streams do not report it.")

    assert "Tokens in not said" in page
    assert "Cost unknown. Streams do not report it." in page
    assert "Speed not known" in page
    assert "None was set." in page
    assert "$0" not in page


@pytest.mark.django_db
def test_an_error_is_said_with_what_the_provider_said(as_alice: Client, queued: Queue) -> None:
    run = queued()
    fields = {"state": "failed", "error_kind": "bad_request", "error_detail": "<script>", "error_status": 400}

    page = page_of(as_alice, run, **fields)

    assert "The provider refused the request." in page
    assert "(status 400)" in page
    assert "Cost not charged" in page
    assert "<script>" in page
    assert "<script>" not in as_alice.get(f"/runs/{run.pk}/").content.decode().split("<body")[1]


@pytest.mark.django_db
def test_the_page_of_a_run_whose_provider_and_model_are_gone(as_alice: Client, queued: Queue) -> None:
    run = queued()
    Provider.objects.all().delete()

    page = text(as_alice.get(f"/runs/{run.pk}/"))

    assert "Provider removed since" in page
    assert "Requested model fake/one" in page
    assert "which headers were sent is not known" in page
    assert as_alice.get(f"/runs/{run.pk}/code/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["key", "address", "nothing"])
def test_a_key_that_came_later_is_not_said_to_have_been_used(
    as_alice: Client, alice: User, provider: Provider, queued: Queue, change: str
) -> None:
    Provider.objects.update(needs_key=True)
    ApiKey.objects.store(alice, provider.origin, Secret("sk-older-0000older"))
    run = queued()
    if change == "key":
        ApiKey.objects.store(alice, provider.origin, Secret(KEY))
    if change == "address":
        Provider.objects.update(base_url="https://other.example/v1")
        ApiKey.objects.store(alice, "https://other.example", Secret(KEY))

    page = text(as_alice.get(f"/runs/{run.pk}/"))

    assert "…wxyz" not in page
    assert ("authorization: Bearer …lder" in page) == (change == "nothing")
    assert ("authorization: Bearer $FAKE_API_KEY" in page) == (change != "nothing")


@pytest.mark.django_db
def test_a_large_body_is_shown_in_part_and_saved_whole(as_alice: Client, queued: Queue) -> None:
    run = queued("x" * 500_000)

    answer = as_alice.get(f"/runs/{run.pk}/")

    assert len(answer.content) < 300_000
    assert "more characters are in the file" in answer.content.decode()
    assert as_alice.get(f"/runs/{run.pk}/request.json").content == run.request_body


@pytest.mark.django_db
def test_to_htmx_it_is_a_dialog(as_alice: Client, queued: Queue) -> None:
    page = as_alice.get(f"/runs/{queued().pk}/", headers=HTMX).content.decode()

    assert "<page-dialog>" in page
    assert "<html" not in page


@pytest.mark.django_db
def test_a_running_run_says_that_its_reply_comes_later(as_alice: Client, queued: Queue) -> None:
    page = page_of(as_alice, queued(), state="running")

    assert "It is kept when the run ends." in page
    assert "End not yet" in page


# Chunks


@pytest.mark.django_db
def test_the_chunks_come_in_pages_each_once_and_in_order(as_alice: Client, queued: Queue) -> None:
    count = 2 * PAGE + 50
    pieces = [(number * 10, f'{{"chunk": {number}, "<i>": "\u2028é"}}') for number in range(1, count + 1)]
    run = queued()
    Run.objects.filter(pk=run.pk).update(state="done", raw=packed(pieces))
    address, shown = f"/runs/{run.pk}/chunks/", []

    while address:
        page = as_alice.get(address, headers=HTMX).content.decode()
        shown += CHUNK.findall(page)
        following = re.search(r'hx-get="([^"]+)"', page)
        address = following[1] if following else ""

    assert [(int(ms), unescape(piece)) for _, ms, piece in shown] == pieces
    assert [int(number) for number, _, _ in shown] == list(range(1, count + 1))
    assert f"{count} chunks" in text(as_alice.get(f"/runs/{run.pk}/"))
    saved = as_alice.get(f"/runs/{run.pk}/chunks.txt").content.decode().split("\n")[:-1]
    assert [(int(ms), json.loads(piece)) for ms, piece in (line.split("\t", 1) for line in saved)] == pieces


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["-1", "x", "999999999", "9" * 50, "", "1.5"])
def test_a_place_that_is_none_is_no_mistake_of_ours(as_alice: Client, queued: Queue, after: str) -> None:
    run = queued()
    Run.objects.filter(pk=run.pk).update(raw=packed([(1, "one")]))

    assert as_alice.get(f"/runs/{run.pk}/chunks/", {"after": after}).status_code == 200


# Code


@pytest.mark.django_db
def test_code_is_given_in_the_language_and_for_the_answer_that_are_chosen(as_alice: Client, queued: Queue) -> None:
    address = f"/runs/{queued().pk}/code/"

    whole = code_in(as_alice.get(address, {"language": "python-requests", "answer": "whole"}))
    stream = code_in(as_alice.get(address, {"language": "python-requests"}, headers=HTMX))

    assert "import requests" in whole
    assert '"stream"' not in whole
    assert '"stream": True' in stream


@pytest.mark.django_db
@pytest.mark.parametrize("choice", [{"language": "cobol"}, {"answer": "perhaps"}, {"language": ""}])
def test_an_unknown_choice_is_the_first_language_as_it_was_sent(
    as_alice: Client, queued: Queue, choice: dict[str, str]
) -> None:
    assert "curl -N" in text(as_alice.get(f"/runs/{queued().pk}/code/", choice))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("dialect", "name", "variable"),
    [
        ("aimlapi", "The gateway", "AIML_API_KEY"),
        ("openai", "OpenAI", "OPENAI_API_KEY"),
        ("openai", "Acme's API (2)", "ACME_S_API_2_API_KEY"),
        ("openai", "42", "API_KEY"),
        ("openai", "漢字", "API_KEY"),
    ],
)
def test_the_key_is_a_variable_of_the_environment(
    as_alice: Client, alice: User, provider: Provider, queued: Queue, dialect: str, name: str, variable: str
) -> None:
    Provider.objects.update(needs_key=True, dialect_name=dialect, name=name)
    ApiKey.objects.store(alice, provider.origin, Secret(KEY))

    answer = as_alice.get(f"/runs/{queued().pk}/code/")

    assert f"Authorization: Bearer ${variable}" in re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", answer.content.decode()))
    )
    assert KEY not in answer.content.decode()


@pytest.mark.django_db
def test_code_holds_what_a_person_wrote_as_text(as_alice: Client, queued: Queue) -> None:
    answer = as_alice.get(f"/runs/{queued('``` </pre><script>alert(1)</script> ````').pk}/code/")

    assert "<script>alert" not in answer.content.decode()
    assert "``` </pre><script>alert(1)</script> ````" in code_in(answer)
