"""Bytes in, the data of events out; however the network cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import Broken
from providers.sse import MAX_EVENT, MAX_RUN, EventStream
from tests.providers.cuts import pieces


def read(*reads: bytes) -> list[str]:
    stream = EventStream()
    return [event for data in reads for event in stream.feed(data)] + stream.close()


def read_until_broken(written: bytes, size: int) -> tuple[list[str], str]:
    """What reads of this size give, and the kind of error they end with."""
    stream = EventStream()
    events = []
    try:
        for start in range(0, len(written), size):
            events += stream.feed(written[start : start + size])
        events += stream.close()
    except Broken as broken:
        return events, broken.kind.name
    return events, ""


def test_an_event_is_given_when_its_blank_line_comes() -> None:
    stream = EventStream()

    assert stream.feed(b"data: hello\n") == []
    assert stream.feed(b"\n") == ["hello"]


@pytest.mark.parametrize(
    ("written", "data"),
    [
        (b"data: hello\n\n", ["hello"]),
        (b"data:hello\n\n", ["hello"]),
        (b"data:  hello \n\n", [" hello "]),
        (b"data: one\n\ndata: two\n\n", ["one", "two"]),
        (b"data: one\ndata: two\n\n", ["one\ntwo"]),
        (b"data\n\n", [""]),
        (b"data:\ndata\n\n", ["\n"]),
        (b": comment\ndata: hello\n: another\n\n", ["hello"]),
        (b"event: ping\nid: 7\nretry: 10\ndata: hello\n\n", ["hello"]),
        (b"event: ping\n\n", []),
        (b"database: hello\n\nDATA: hello\n\n data: hello\n\n", []),
        (b"\n\n\ndata: hello\n\n\n\n", ["hello"]),
        (b"data: hello\r\n\r\n", ["hello"]),
        (b"data: hello\r\r", ["hello"]),
        (b"data: one\rdata: two\r\ndata: three\n\r\n", ["one\ntwo\nthree"]),
        (b"\xef\xbb\xbfdata: hello\n\n", ["hello"]),
        (b"data: \xef\xbb\xbfhello\n\n", ["\ufeffhello"]),
        (b"data: one\xe2\x80\xa8two\xc2\x85three\n\n", ["one\u2028two\u0085three"]),
        (b"data: nul\x00\n\n", ["nul\x00"]),
        (b"data: \xff\xe2\x82\n\n", ["\ufffd\ufffd"]),
        ("data: grün 👋\n\n".encode(), ["grün 👋"]),
        (b"", []),
    ],
)
def test_the_format(written: bytes, data: list[str]) -> None:
    assert read(written) == data
    assert read(*(written[i : i + 1] for i in range(len(written)))) == data


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read(b"data: one\n\ndata: two\n") == ["one", "two"]
    assert read(b"data: one\n\ndata: two") == ["one", "two"]
    assert read(b"data: one\r") == ["one"]


def test_a_cr_at_the_end_of_a_read_ends_the_line_at_once() -> None:
    stream = EventStream()

    assert stream.feed(b"data: hello\r\n\r") == ["hello"]
    assert stream.feed(b"\ndata: again\r\n\r\n") == ["again"]


def test_a_byte_order_mark_may_be_cut() -> None:
    assert read(b"\xef", b"\xbb", b"\xbfda", b"ta: hello\n\n") == ["hello"]


lines = st.sampled_from(
    [b"data: a", b"data:\xf0\x9f\x91\x8b", b"data", b":c", b"id: 1", b"", b"", b"data: \xff\xc3", b"data: \xe2\x80\xa8"]
)
endings = st.sampled_from([b"\n", b"\r", b"\r\n"])


@given(st.lists(st.tuples(lines, endings)).map(lambda pairs: b"".join(line + end for line, end in pairs)), st.data())
def test_cuts_change_nothing(written: bytes, data: st.DataObject) -> None:
    assert read(*data.draw(pieces(written))) == read(written)


@given(st.lists(st.binary(max_size=40)))
def test_any_bytes_are_survived(reads: list[bytes]) -> None:
    for event in read(*reads):
        event.encode()


def test_an_event_may_be_as_large_as_the_bound() -> None:
    line = b"data: " + b"x" * (MAX_EVENT - 6)

    assert [len(event) for event in read(line + b"\n\n")] == [MAX_EVENT - 6]


@pytest.mark.parametrize(
    "endless",
    [
        b"data: " + b"x" * MAX_EVENT,
        b": " + b"x" * MAX_EVENT,
        (b"data: " + b"x" * 1000 + b"\n") * 1100,
        b"data\n" * 300_000,
    ],
    ids=["one line", "a comment", "many lines", "many empty lines"],
)
@pytest.mark.parametrize("size", [1000, 65536, 2**24])
@pytest.mark.parametrize("ending", [b"", b"\n\n"])
def test_a_larger_event_breaks_after_what_came_before_it(endless: bytes, size: int, ending: bytes) -> None:
    written = b"data: before\n\n" + endless + ending + b"data: behind\n\n"

    events, kind = read_until_broken(written, size)

    assert events == ["before"]
    assert kind == "too_large"


@pytest.mark.parametrize("size", [70_001, 2**24])
def test_a_run_ends_at_its_bound(size: int) -> None:
    event = b"data: " + b"x" * 992 + b"\n\n"
    written = event * (MAX_RUN // len(event) + 100)

    events, kind = read_until_broken(written, size)

    assert len(events) == MAX_RUN // len(event)
    assert kind == "too_large"


def test_a_run_of_exactly_the_bound_is_whole() -> None:
    event = b"data: " + b"x" * 1016 + b"\n\n"

    assert len(read(*[event * 1024] * 10)) == MAX_RUN // len(event) == 10240


@given(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"").replace(b"\r", b"")), st.integers(0, 60))
def test_a_whole_event_in_one_read_is_what_it_is_in_two(data: bytes, cut: int) -> None:
    written = b"data: " + data + b"\n\n"

    assert read(written) == read(written[:cut], written[cut:])
    assert read(b"data: before\n\n", written) == ["before", *read(written)]


def test_a_whole_event_behind_half_of_one_belongs_to_it() -> None:
    assert read(b"data: one\n", b"data: two\n\n") == ["one\ntwo"]
    assert read(b"half a line ", b"data: two\n\n") == []
