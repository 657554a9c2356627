"""What cannot run on a machine is never left out quietly."""

import re

import pytest

from playground.env import BASE_DIR
from playground.suites import PYTEST, Outcome, Step, _outcome, _steps
from tests.missing import missing


def test_a_test_that_lacks_something_is_left_out_and_says_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="needs a sundial"):
        missing("a sundial")


def test_where_nobody_reads_that_it_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="needs a sundial"):
        missing("a sundial")


@pytest.mark.parametrize(("ci", "word"), [("", "skipped"), ("true", "FAILED")])
def test_so_has_a_suite(ci: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", ci)
    step = Step("sundial suite", missing="no sun")

    assert _outcome(step, {}) == Outcome(step, word)
    assert str(Outcome(step, word)).split() == [word, "sundial", "suite", "no", "sun"]


def test_every_suite_prints_the_reasons() -> None:
    suites = [step.command for step in _steps(fast=False) if "pytest" in step.command]

    assert suites
    assert all(command[: len(PYTEST)] == PYTEST for command in suites)


def test_nothing_is_left_out_in_another_way() -> None:
    """But what is a matter of the database under test: another suite has it."""
    leaving_out = r"(?:pytest\.skip|mark\.skipif|mark\.skip|importorskip|skipTest|skipIf|skipUnless)\(\s*(\S+)"
    found = {
        (path.name, condition)
        for path in set((BASE_DIR / "tests").rglob("*.py")) - {BASE_DIR / "tests" / "missing.py"}
        for condition in re.findall(leaving_out, path.read_text())
    }

    assert found
    assert {condition for _, condition in found} == {"connection.vendor"}, found
