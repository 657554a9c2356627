from pathlib import Path

import pytest

from playground.env import Env, EnvError, database, mail


def env(**values: str) -> Env:
    return Env({f"PLAYGROUND_{name}": value for name, value in values.items()})


def test_what_is_not_set_or_empty_is_the_default() -> None:
    assert env().text("NAME", "default") == "default"
    assert env(NAME=" ").number("NAME", 3) == 3
    assert env(NAME="").switch("NAME", default=True)


@pytest.mark.parametrize("written", ["-1", "1.5", "ten", "١", "1_000"])
def test_a_number_is_written_in_digits(written: str) -> None:
    with pytest.raises(EnvError, match=r"PLAYGROUND_LIMIT must be a whole number"):
        env(LIMIT=written).number("LIMIT", 1)


def test_a_number_below_the_least_is_refused() -> None:
    with pytest.raises(EnvError, match="at least 1"):
        env(LIMIT="0").number("LIMIT", 5, least=1)


@pytest.mark.parametrize(("written", "meant"), [("on", True), ("YES", True), ("0", False), ("False", False)])
def test_a_switch_is_on_or_off(written: str, meant: bool) -> None:
    assert env(SWITCH=written).switch("SWITCH") is meant


def test_a_switch_is_nothing_else() -> None:
    with pytest.raises(EnvError, match="must be on or off"):
        env(SWITCH="maybe").switch("SWITCH")


def test_a_choice_is_one_of_those_there_are() -> None:
    with pytest.raises(EnvError, match="must be one of closed, open, not 'ajar'"):
        env(SIGNUP="ajar").choice("SIGNUP", "closed", ("closed", "open"))


def test_a_list_is_written_with_commas() -> None:
    assert env(HOSTS=" a.example, ,b.example ").items("HOSTS") == ["a.example", "b.example"]


def test_hosts_and_ports_are_pairs() -> None:
    written = "Models.internal:8000,[fd00::1]:443"

    assert env(HOSTS=written).host_ports("HOSTS") == {("models.internal", 8000), ("fd00::1", 443)}


@pytest.mark.parametrize("written", ["models.internal", ":8000", "a:0", "a:65536", "a:b"])
def test_a_host_without_a_port_is_refused(written: str) -> None:
    with pytest.raises(EnvError, match="takes host:port"):
        env(HOSTS=written).host_ports("HOSTS")


@pytest.mark.parametrize("written", ["example.org", "ftp://example.org", "https://", "https://example.org/sub"])
def test_an_address_has_a_scheme_and_a_host_and_no_path(written: str) -> None:
    with pytest.raises(EnvError, match="must look like"):
        env(BASE_URL=written).url("BASE_URL", "")


def test_an_address_ends_without_a_slash() -> None:
    assert env(BASE_URL="https://example.org/").url("BASE_URL", "") == "https://example.org"


def test_a_path_is_made_absolute() -> None:
    assert env(VAR_DIR="here").path("VAR_DIR", Path("/")).is_absolute()


def test_a_postgres_url_is_taken_apart() -> None:
    settings = database("postgres://ann:p%40ss@db.example:5433/play")

    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert [settings[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "ann",
        "p@ss",
        "db.example",
        "5433",
        "play",
    ]


def test_sqlite_waits_for_its_turn_instead_of_failing() -> None:
    options = database("sqlite:////tmp/a.sqlite3")["OPTIONS"]

    assert isinstance(options, dict)
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_another_database_is_refused() -> None:
    with pytest.raises(EnvError, match="must begin with sqlite:// or postgres://"):
        database("mysql://localhost/play")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "smtp://me:p%40ss@mail.example.org",
            {"EMAIL_HOST": "mail.example.org", "EMAIL_PORT": 587, "EMAIL_HOST_PASSWORD": "p@ss", "EMAIL_USE_TLS": True},
        ),
        ("smtps://mail.example.org", {"EMAIL_PORT": 465, "EMAIL_USE_SSL": True, "EMAIL_USE_TLS": False}),
        ("smtp://localhost:25", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False}),
    ],
)
def test_a_mail_server_is_one_address(url: str, wanted: dict[str, object]) -> None:
    assert wanted.items() <= mail(url, "playground@example.org").items()


@pytest.mark.parametrize(("url", "sender"), [("mail.example.org", "me@example.org"), ("smtp://mail.example.org", "")])
def test_half_a_mail_server_stops_the_start_without_its_password(url: str, sender: str) -> None:
    with pytest.raises(EnvError, match="PLAYGROUND_EMAIL"):
        mail(url, sender)
