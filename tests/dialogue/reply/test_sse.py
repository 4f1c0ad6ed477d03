import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue.errors import EngineError
from dialogue.reply.sse import EventParser

STREAM = (
    b'\xef\xbb\xbfdata: {"a": 1}\n\n: comment\r\nevent: x\r\ndata: one\r\ndata: two\r\n\r\n'
    b"id: 7\rdata:three\r\rdata: \xe2\x82\xac\n\ndata: cut"
)
EVENTS = ['{"a": 1}', "one\ntwo", "three", "€"]


def test_events_are_the_data_between_empty_lines() -> None:
    assert EventParser().push(STREAM) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_chunked_equals_whole(cuts: list[int]) -> None:
    parser = EventParser()
    edges = [0, *sorted(cuts), len(STREAM)]
    assert [event for a, b in itertools.pairwise(edges) for event in parser.push(STREAM[a:b])] == EVENTS


@given(st.binary(max_size=300))
def test_any_bytes_can_be_parsed(received: bytes) -> None:
    EventParser().push(received)


def test_an_endless_event_is_refused() -> None:
    parser = EventParser()

    def feed() -> None:
        while True:
            parser.push(b"data: " + b"x" * 10_000 + b"\n")

    with pytest.raises(EngineError, match="endless"):
        feed()
