"""What is given as code is really run, and sends what the run sent.

OpenAI's package for JavaScript is not among what the tests install: a stub with its interface takes its place, so that
test shows what is handed to the package, not what the package makes of it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runs.code import LANGUAGES
from tests.faultserver import FaultServer
from tests.missing import missing
from tests.runs.code_samples import LARGE_BODY, NASTY_BODY, request_for

STUB = Path(__file__).parent / "openai_stub"
KEY = "sk-from-the-environment"
# Seconds that a program may take to start on a busy machine.
PATIENCE = 50
ENDINGS = {"curl": "sh", "python": "py", "javascript": "mjs"}


def run(name: str, code: str, folder: Path) -> str:
    """What the program prints, run as a person would run it, with the key in its environment."""
    kind = name.split("-", 1)[0]
    program = folder / f"program.{ENDINGS[kind]}"
    program.write_text(code, encoding="utf-8")
    command = {"curl": "sh", "python": sys.executable, "javascript": "node"}[kind]
    needed = "curl" if kind == "curl" else command
    if not shutil.which(needed):
        missing(f"{needed} on the PATH")
    if name == "javascript-openai":
        shutil.copytree(STUB, folder / "node_modules" / "openai")
        (folder / "node_modules" / "openai" / "package.json").write_text('{"name": "openai", "main": "index.mjs"}')
    environment = {"PATH": os.environ["PATH"], "EXAMPLE_API_KEY": KEY, "HOME": str(folder), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [command, str(program)], cwd=folder, env=environment, capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        *((name, LARGE_BODY) for name in LANGUAGES),
        # Without large numbers JavaScript writes it in another way.
        ("javascript-fetch", NASTY_BODY),
        ("javascript-openai", NASTY_BODY),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_code_sends_what_was_sent(
    faults: FaultServer, tmp_path: Path, name: str, body: dict[str, Any], stream: bool
) -> None:
    request = request_for(body, faults.base_url).streaming(stream)

    printed = run(name, LANGUAGES[name].write(request), tmp_path)

    (sent,) = faults.requests
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    # As text, because to Python 1 and True are equal.
    assert json.dumps(sent.json, sort_keys=True) == json.dumps(request.body, sort_keys=True)
    assert sent.authorization == f"Bearer {KEY}"
    assert sent.headers["content-type"].startswith("application/json")
    assert "tok7" in printed
