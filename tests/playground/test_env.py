from pathlib import Path

import pytest

from playground.env import Env, EnvError, database


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
