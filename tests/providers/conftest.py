from collections.abc import Iterator

import pytest

from tests.faultserver import FaultServer


@pytest.fixture
def listener() -> Iterator[FaultServer]:
    """A server inside the network, which nobody allowed."""
    with FaultServer() as server:
        yield server
