"""The folder of messages: nobody ever reads half of anything in it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from playground.folder_broker import SCHEME, Channel

MESSAGES = 3000
# Processes that begin at once, and how often they do.
BEGINNERS, BEGINNINGS = 4, 50


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def channel(folder: Path, connections: ExitStack) -> Channel:
    """As of another process: they have nothing in common but the folder."""
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    messages, control = str(folder / "messages"), str(folder / "control")
    options = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": control}
    connection = connections.enter_context(Connection(f"{SCHEME}://localhost", transport_options=options))
    opened = connection.channel()
    assert isinstance(opened, Channel)
    return opened


def test_a_message_is_taken_whole_and_once_while_others_are_put(tmp_path: Path, connections: ExitStack) -> None:
    there, here = channel(tmp_path, connections), channel(tmp_path, connections)
    taken: list[int] = []

    def put() -> None:
        for number in range(MESSAGES):
            there._put("long", {"number": number})

    with ThreadPoolExecutor() as threads:
        putting = threads.submit(put)
        while len(taken) < MESSAGES:
            try:
                taken.append(here._get("long")["number"])
            except Empty:
                assert not putting.done() or here._size("long")
        putting.result()
    assert taken == list(range(MESSAGES))
    assert list((tmp_path / "messages").iterdir()) == []


def test_many_begin_at_once_and_each_queue_is_bound(tmp_path: Path, connections: ExitStack) -> None:
    with ThreadPoolExecutor(BEGINNERS) as threads:
        for beginning in range(BEGINNINGS):
            folder = tmp_path / str(beginning)
            channels = [channel(folder, connections) for _ in range(BEGINNERS)]

            def bind(number: int, channels: list[Channel] = channels) -> None:
                channels[number]._queue_bind("jobs", "", None, f"queue {number}")

            list(threads.map(bind, range(BEGINNERS)))
            bound = {queue.queue for queue in channels[0].get_table("jobs")}
            assert bound == {f"queue {number}" for number in range(BEGINNERS)}


@pytest.mark.parametrize("left", ["", '[["", "", "lo'])
def test_a_table_that_was_cut_is_written_anew(left: str, tmp_path: Path, connections: ExitStack) -> None:
    opened = channel(tmp_path, connections)
    table = tmp_path / "control" / "jobs.exchange"
    table.write_text(left)

    assert opened.get_table("jobs") == []
    opened._queue_bind("jobs", "", None, "long")

    assert json.loads(table.read_text()) == [["", "", "long"]]


@pytest.mark.parametrize("left", ["", '{"numb'])
def test_a_message_that_was_cut_holds_up_none(left: str, tmp_path: Path, connections: ExitStack) -> None:
    opened = channel(tmp_path, connections)
    (tmp_path / "messages" / "0_cut.long.msg").write_text(left)
    opened._put("long", {"number": 1})

    assert opened._get("long") == {"number": 1}
    with pytest.raises(Empty):
        opened._get("long")


def test_a_queue_that_could_not_be_bound_is_bound_the_next_time(tmp_path: Path, connections: ExitStack) -> None:
    opened = channel(tmp_path, connections)
    opened.exchange_declare("jobs")
    (tmp_path / "control").rename(tmp_path / "away")
    with pytest.raises(ChannelError):
        opened.queue_bind("long", "jobs", "")
    (tmp_path / "away").rename(tmp_path / "control")

    opened.queue_bind("long", "jobs", "")

    assert [queue.queue for queue in opened.get_table("jobs")] == ["long"]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, connections: ExitStack) -> None:
    opened = channel(tmp_path, connections)
    place = tmp_path / "messages"

    with pytest.raises(ChannelError, match="cannot be written: File name too long"):
        opened._put("x" * 300, {"number": 1})

    assert list(place.iterdir()) == []
