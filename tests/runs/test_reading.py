"""Reading a run back for somebody who comes when it has ended."""

import tracemalloc
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.folding import StoredEvent, fold
from runs.models import Run
from runs.reading import PAGE, read_after

pytestmark = pytest.mark.django_db

# More than 16 bits, and what looks like one character and is four.
ODD = "\U0001f469\U0001f3fd\u200d\U0001f52c é\n"
# Megabytes, as pieces that do not divide the size of an event.
PIECES = [(ODD * 37)[: 150 + number % 61] for number in range(12_000)]


@pytest.fixture
def ended(queued: Callable[..., Run]) -> Run:
    """A run that thought for as long as it spoke, between its blocks, and has ended."""
    run = queued()
    events: list[StoredEvent] = []
    for number, piece in enumerate(PIECES):
        kind = "reasoning" if number % 1000 < 500 else "text"
        events.append(StoredEvent(len(events) + 1, kind, piece, number))
        if number % 50 == 0:
            events.append(StoredEvent(len(events) + 1, "html", "<p>A block.</p>", number))
    folded = fold(events)
    told = {"text": folded.text, "reasoning": folded.reasoning, "timeline": folded.timeline}
    Run.objects.filter(pk=run.pk).update(state="done", last_seq=folded.last_seq, **told)
    run.refresh_from_db()
    return run


def test_page_by_page_who_comes_late_gets_all_of_it(ended: Run) -> None:
    heard: list[StoredEvent] = []
    while True:
        progress = read_after(ended.pk, heard[-1].seq if heard else 0)
        assert len(progress.events) <= PAGE
        heard += progress.events
        if not progress.may_have_more:
            break

    assert (progress.state, progress.last_seq) == ("done", ended.last_seq)
    for kind, whole in (("text", ended.text), ("reasoning", ended.reasoning)):
        assert "".join(event.payload for event in heard if event.type == kind) == whole


def test_of_megabytes_no_more_is_read_than_a_page(ended: Run) -> None:
    read_after(ended.pk, 0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with CaptureQueriesContext(connection) as queries:
            events = read_after(ended.pk, 100).events
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(events) == PAGE
    # A character of these takes four bytes. What is read of all of it is the list of its events.
    assert peak - before < 4 * (len(ended.text) + len(ended.reasoning)) / 2
    assert len(queries) == 3
