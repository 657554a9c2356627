"""A canary in every place where a secret could get into a log."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, SignInLink, User
from accounts.secret import Secret
from playground.logs import Formatter, InOneLine
from playground.redaction import redact_text
from providers.egress import checked
from providers.errors import EgressBlocked

CANARY = "CANARY-0a1b2c3d4e5f"
# 32 hex digits, as the gateway makes its keys; 43 characters, as our links and Fernet keys have them.
HEX = "0123456789abcdef0123456789abcdef"
LONG = "CANARY-" + "x" * 36

Logs = Callable[[], str]


@pytest.fixture(params=["lines", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, Logs]]:
    """A logger, and what it has written so far."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(Formatter(request.param))
    logger = logging.getLogger("playground.tests")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, output.getvalue
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"proxy-authorization: Basic {CANARY}",
        f"{{'Authorization': 'Bearer {CANARY}', 'Accept': 'x'}}",
        f"[(b'host', b'x'), (b'authorization', b'{CANARY}')]",
        f"sent bearer {CANARY} and failed",
        f"Cookie: session={CANARY}; theme=dark",
        f"{{'cookie': 'a=\"{CANARY}\"; b=c'}}",
        f"__Host-session={CANARY}; __Host-csrf=1",
        f"Set-Cookie: session={CANARY}; HttpOnly",
        f"csrfmiddlewaretoken={CANARY}&message=Hello",
        f"GET /?api_key={CANARY}&page=2",
        f'{{"x-api-key": "{CANARY}"}}',
        f'{{\\"token\\": \\"{CANARY}\\"}}',
        f"password='{CANARY} with, blanks'",
        f"client_secret = {CANARY}",
        f"Incorrect API key provided: sk-{CANARY}.",
        f"postgres://user:{CANARY}@db.example/playground",
        f"GET /welcome/{CANARY}/",
        f"/rate/{CANARY}?page=2",
        f"/somewhere/{LONG}/",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    assert "CANARY" not in redact_text(text)


@pytest.mark.parametrize(
    "text", [f"The key {HEX} was refused", f"key: '{HEX}'", f"k1:{'A' * 43}=", f"v1:k1:gAAAAAB{'x' * 80}=="]
)
def test_keys_without_a_name_are_known_by_their_form(text: str) -> None:
    hidden = redact_text(text)

    assert HEX not in hidden
    assert "AAAA" not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "Run 7 was taken from this process",
        "max_tokens=1000, prompt_tokens: 2000",
        "error_kind=key_rejected model=deepseek/deepseek-r1",
        "Not Found: /static/js/run-stream.0123456789ab.js",
        "a risk-assessment by somebody@example.org",
        f"request {HEX} timed out",
        "KeyError: 'name'",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    assert redact_text(text) == text


def test_hiding_twice_changes_nothing() -> None:
    once = redact_text(f"Authorization: Bearer {CANARY}")

    assert redact_text(once) == once == "Authorization: ***"


def test_the_message_and_its_arguments_are_redacted(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    logger.error("Refused: %s", {"Authorization": f"Bearer {CANARY}"})

    assert "Refused: " in written()
    assert "CANARY" not in written()


def test_tracebacks_and_the_errors_behind_them_are_redacted(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    try:
        try:
            raise ValueError(f"invalid header Bearer {CANARY}")
        except ValueError as error:
            error.add_note(f"api_key={CANARY}")
            raise RuntimeError(f"GET /welcome/{CANARY}/ failed") from error
    except RuntimeError:
        logger.exception("It failed")

    assert "ValueError: invalid header Bearer ***" in written()
    assert "RuntimeError: GET /welcome/***/ failed" in written()
    # The lines of the source are shown as well, and name it.
    assert CANARY not in written()


def test_facts_are_redacted_by_their_name_and_by_their_look(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    facts = {"api_key": CANARY, "headers": {"cookie": CANARY, "host": "x"}, "urls": [f"/welcome/{CANARY}/"], "run": 7}
    logger.error("It failed", extra=facts)

    assert "CANARY" not in written()


def test_a_secret_and_what_holds_it_show_nothing(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    logger.error("Calling with %s", Secret(CANARY), extra={"secret": Secret(CANARY), "held": [Secret(CANARY)]})

    assert "CANARY" not in written()


def test_a_secret_that_is_held_is_hidden_wherever_its_text_stands(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    held = Secret("correct horse battery staple")
    logger.error("It said: %s is not one of ours", held.reveal())

    assert "It said: *** is not one of ours" in written()


def test_the_secrets_of_the_settings_are_hidden_wherever_they_stand(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    logger.error("Signed with %s", settings.SECRET_KEY)
    logger.error("Sealed with %s", [key for _, key in settings.DATA_KEYS])

    assert settings.SECRET_KEY not in written()
    assert settings.DATA_KEYS[0][1] not in written()


def test_a_line_says_when_how_bad_where_what_and_the_facts() -> None:
    record = logging.makeLogRecord(
        {"name": "runs.performance", "levelname": "INFO", "msg": "A run ended", "run": 7, "state": "done"}
    )

    line = Formatter("lines").format(record)

    assert line.partition(" ")[2] == "INFO runs.performance: A run ended run=7 state=done"


def test_what_is_said_again_and_again_is_said_in_one_line(log: tuple[logging.Logger, Logs]) -> None:
    logger, written = log
    once_a_second = InOneLine()
    logger.addFilter(once_a_second)
    try:
        raise ConnectionError(f"redis://:{CANARY}@127.0.0.1 is away")
    except ConnectionError:
        logger.exception("Unexpected exception in %s", "receive task")
    logger.removeFilter(once_a_second)

    assert "Unexpected exception in receive task: ConnectionError: " in written()
    assert len(written().splitlines()) == 1
    assert CANARY not in written()
    assert any(isinstance(known, InOneLine) for known in logging.getLogger("channels_redis.pubsub").filters)


def test_text_from_outside_cannot_pass_for_a_line_of_its_own() -> None:
    record = logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "Bad\n2026-01-01 ERROR runs: forged"})

    lines = Formatter("lines").format(record).splitlines()

    assert lines[1] == "    2026-01-01 ERROR runs: forged"


def test_json_is_one_object_a_line_with_the_facts_as_they_are() -> None:
    record = logging.makeLogRecord({"name": "a", "levelname": "INFO", "msg": "Ended\nwell", "run": 7, "of": ["é"]})

    line = Formatter("json").format(record)

    assert "\n" not in line
    fields = json.loads(line)
    assert fields.pop("timestamp")
    assert fields == {"event": "Ended\nwell", "level": "info", "logger": "a", "run": 7, "of": ["é"]}


def test_what_happens_to_people_and_keys_is_logged_without_either(
    alice: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get(reverse("accounts:welcome", args=[SignInLink.objects.issue(alice)]))
    Client().post(reverse("accounts:login"), {"username": alice.email, "password": "wrong-password"})
    ApiKey.objects.store(alice, "https://api.example:443", Secret(CANARY))
    with pytest.raises(EgressBlocked):
        checked("https://127.0.0.1/v1")

    said = [record.getMessage() for record in caplog.records]
    assert "Signed in with a link" in said
    assert "A sign-in was refused" in said
    assert "An API key was stored" in said
    assert "A private address was not called" in said
    assert all(CANARY not in str(vars(record)) and alice.email not in str(vars(record)) for record in caplog.records)


def test_every_library_logs_through_it() -> None:
    ours = [handler for handler in logging.getLogger().handlers if isinstance(handler.formatter, Formatter)]
    others = [name for name in ("django", "daphne", "celery", "httpx", "asyncio") if _has_its_own_way_out(name)]

    assert len(ours) == 1
    assert not others


def _has_its_own_way_out(name: str) -> bool:
    logger = logging.getLogger(name)
    writing = [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
    # Django's own handlers are for a debug mode and for mails to admins, and there is neither.
    return not logger.propagate or (bool(writing) and name != "django")
