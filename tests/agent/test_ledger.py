from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agent.ledger import Ledger, OverlapEntry, PictureEntry, PictureTally, TurnEntry, read_ledger
from agent.waterfall import COLOURS, draw, segments, summary
from dialogue.errors import InputError

TURN = TurnEntry(
    said="where is the lift",
    heard="Behind you.",
    user_stopped_ms=1000,
    endpoint_ms=1280,
    transcript_ms=1300,
    first_token_ms=1140,
    first_piece_ms=1140,
    first_sample_ms=1160,
    first_heard_ms=1340,
    first_frame_ms=1350,
    drafted=True,
)
OVERLAP = OverlapEntry(verdict="interruption", onset_ms=5000, held_ms=5100, silent_ms=5120, decided_ms=5400, text="no")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    entries: list[TurnEntry | OverlapEntry | PictureEntry] = [TURN, OVERLAP]
    entries.append(PictureTally(0).counting(late=True).counting_speech(12.0).entry(1000))
    with Ledger(path) as ledger:
        for entry in entries:
            ledger.add(entry)
        assert list(read_ledger(path)) == entries, "entries must be there before the end, for a program that dies"


def test_a_ledger_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"kind": "turn", "said": "a", "heard": "b"}\n{"kind": "song"}\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2"):
        list(read_ledger(path))
    with pytest.raises(InputError, match="cannot be read"):
        list(read_ledger(tmp_path / "nothing"))
    with pytest.raises(InputError, match="cannot be written"), Ledger(tmp_path / "no" / "ledger"):
        pass


def test_an_hour_of_picture_does_not_fill_the_memory() -> None:
    ledger = Ledger()
    for second in range(3600):
        ledger.add(PictureTally(0).counting(late=False).entry(second * 1000))
    assert len(ledger.entries) == 1


def test_a_turns_waiting_is_cut_without_gaps_and_what_was_prepared_costs_nothing() -> None:
    cut = segments(TURN)
    assert [segment.name for segment in cut] == list(COLOURS)
    assert all(before.end_ms == after.start_ms for before, after in pairwise(cut))
    assert {segment.name: segment.end_ms - segment.start_ms for segment in cut} == {
        "silence": 280,
        "last words": 20,
        "composing": 0,
        "loudspeaker": 40,
        "face": 10,
    }


def test_a_greeting_answers_nobody_and_has_no_waterfall() -> None:
    assert segments(TurnEntry(said="", heard="Welcome.", first_heard_ms=100)) == ()


def test_the_summary_gives_percentiles_of_what_happened() -> None:
    slow = TURN.model_copy(update={"first_heard_ms": 2340, "first_frame_ms": 2350})
    report = summary([TURN, slow, OVERLAP], "test")
    rows = {row.name: row.figures for row in report.rows}
    assert rows["end of speech to first sound"]["p50 ms"] == 840
    assert rows["user's voice to last sample heard"]["worst ms"] == 120
    assert "picture behind sound" not in rows


def test_the_offset_of_the_picture_counts_frames_of_speech_only() -> None:
    tally = PictureTally(0)
    for offset_ms in (10.0, -30.0):
        tally = tally.counting(late=False).counting_speech(offset_ms)
    entry = tally.counting(late=True).entry(100)
    assert (entry.frames, entry.late, entry.rate_hz) == (3, 1, 30.0)
    assert (entry.speech_frames, entry.offset_ms, entry.offset_worst_ms) == (2, -10.0, -30.0)


def test_the_picture_shows_every_wait_in_its_colour_and_to_scale() -> None:
    picture = draw([TURN])
    widths = {name: int((picture == colour).all(axis=2)[20:60].any(axis=0).sum()) for name, colour in COLOURS.items()}
    assert widths["composing"] == 0
    assert widths["silence"] / widths["loudspeaker"] == pytest.approx(7, rel=0.1)
    assert np.all(draw([]) >= 0)
