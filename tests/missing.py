"""What a test needs and this machine has not."""

import os
from typing import NoReturn

import pytest


def may_be_left_out() -> bool:
    """Somebody reads which tests were left out, and why. With `CI=true` nobody does."""
    return os.environ.get("CI") != "true"


def missing(what: str) -> NoReturn:
    """Leave the test out, and say what it needs; where it may not be left out it has failed."""
    if may_be_left_out():
        pytest.skip(f"needs {what}")
    pytest.fail(f"needs {what}", pytrace=False)
