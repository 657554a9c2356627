"""The environment's decisions, with `run` replaced: nothing is installed here."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from playground import bootstrap
from playground.bootstrap import Environment, digest, enter, satisfies

LOCK = "one==1.0 \\\n    --hash=sha256:aa\ntwo-parts==2.0 ; sys_platform == 'win32' \\\n    --hash=sha256:bb\n"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(LOCK)
    return path


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / ".venv")


def make_python(environment: Environment) -> Path:
    """An environment as `venv` leaves it, as far as anybody looks."""
    site_packages = environment.path / "lib" / "python3.11" / "site-packages"
    site_packages.mkdir(parents=True)
    environment.python.parent.mkdir()
    environment.python.symlink_to(sys.executable)
    return site_packages


def install(site_packages: Path, name: str, version: str) -> None:
    folder = site_packages / f"{name}-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def commands(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be run; it works, in a very small way."""
    seen: list[str] = []

    def run(command: list[str], *, quietly: bool = False) -> None:
        seen.append(" ".join(command))
        if "venv" in command:
            make_python(environment)
        elif "install" in command:
            install(next(environment.path.glob("lib/python*/site-packages")), "one", "1.0")

    monkeypatch.setattr(bootstrap, "run", run)
    monkeypatch.setattr("shutil.which", lambda name: None)
    return seen


def test_a_lock_is_satisfied_by_its_exact_versions(tmp_path: Path, lock: Path) -> None:
    install(tmp_path, "one", "1.0")

    assert satisfies([str(tmp_path)], lock)


def test_another_version_does_not_satisfy_a_lock(tmp_path: Path, lock: Path) -> None:
    install(tmp_path, "one", "1.1")

    assert not satisfies([str(tmp_path)], lock)


def test_a_fresh_environment_is_made_and_filled(environment: Environment, lock: Path, commands: list[str]) -> None:
    environment.make_ready_for(lock)

    assert [command.split()[2] for command in commands] == ["venv", "ensurepip", "pip"]
    assert "--require-hashes" in commands[-1]
    assert environment.is_ready_for(lock)


def test_uv_is_used_where_there_is_one(
    environment: Environment, lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/bin/uv")

    environment.make_ready_for(lock)

    assert [command.split()[:2] for command in commands] == [["/bin/uv", "venv"], ["/bin/uv", "pip"]]
    assert "--require-hashes" in commands[-1]


def test_an_environment_made_by_hand_is_adopted(environment: Environment, lock: Path, commands: list[str]) -> None:
    install(make_python(environment), "one", "1.0")

    environment.make_ready_for(lock)

    assert not commands
    assert environment.is_ready_for(lock)


def test_a_new_lock_is_installed_into_the_environment(
    environment: Environment, lock: Path, commands: list[str]
) -> None:
    environment.make_ready_for(lock)
    commands.clear()
    lock.write_text(LOCK.replace("one==1.0", "one==1.0 \\\nthree==3.0"))

    assert not environment.is_ready_for(lock)
    environment.make_ready_for(lock)
    assert any("install" in command for command in commands)


def test_an_installation_that_was_cut_off_is_repaired(
    environment: Environment, lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    working_run = bootstrap.run
    monkeypatch.setattr(bootstrap, "run", cut_off_at("install", working_run))
    with pytest.raises(KeyboardInterrupt):
        environment.make_ready_for(lock)
    assert not environment.is_ready_for(lock)

    monkeypatch.setattr(bootstrap, "run", working_run)
    environment.make_ready_for(lock)

    assert sum("-m venv" in command for command in commands) == 2
    assert environment.is_ready_for(lock)


def cut_off_at(word: str, run: Callable[..., None]) -> Callable[..., None]:
    def run_until(command: list[str], *, quietly: bool = False) -> None:
        if word in command:
            raise KeyboardInterrupt
        run(command, quietly=quietly)

    return run_until


def test_an_environment_whose_python_is_gone_is_made_again(
    environment: Environment, lock: Path, commands: list[str]
) -> None:
    environment.make_ready_for(lock)
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")

    environment.make_ready_for(lock)

    assert environment.python.exists()


def test_a_missing_venv_module_is_one_line(
    environment: Environment, lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="apt install python3-venv"):
        environment.make_ready_for(lock)


def test_the_command_starts_again_inside_the_environment(
    environment: Environment, lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.delenv("PLAYGROUND_NO_BOOTSTRAP", raising=False)
    monkeypatch.setattr(bootstrap, "BASE_DIR", lock.parent)
    monkeypatch.setattr(bootstrap, "satisfies", lambda folders, lock: False)
    monkeypatch.setattr("sys.orig_argv", ["python3", "manage.py", "up", "--port", "1"])
    monkeypatch.setattr("os.execv", lambda path, arguments: started.append(arguments))

    enter(lock.name)

    assert started == [[str(environment.python), "manage.py", "up", "--port", "1"]]


def test_a_ready_environment_is_left_alone(
    lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(tmp_path, "one", "1.0")
    monkeypatch.delenv("PLAYGROUND_NO_BOOTSTRAP", raising=False)
    monkeypatch.setattr(bootstrap, "BASE_DIR", lock.parent)
    monkeypatch.setattr("sys.path", [str(tmp_path)])

    enter(lock.name)

    assert not commands
    assert not (tmp_path / ".venv").exists()


def test_it_can_be_turned_off(lock: Path, commands: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_NO_BOOTSTRAP", "1")
    monkeypatch.setattr(bootstrap, "BASE_DIR", lock.parent)

    enter(lock.name)

    assert not commands


def test_a_stamp_names_the_content_of_the_lock(lock: Path) -> None:
    before = digest(lock)
    lock.write_text(LOCK + "three==3.0\n")

    assert digest(lock) != before
