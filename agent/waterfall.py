"""Where the time between the end of the user's speech and the answer goes: figures and pictures of ledger entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from agent.ledger import OverlapEntry, PictureEntry, TurnEntry
from agent.report import Report, Row

Entries = Iterable[TurnEntry | OverlapEntry | PictureEntry]
Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Segment:
    """What was waited for from `start_ms` to `end_ms` after the end of the user's speech."""

    name: str
    start_ms: int
    end_ms: int


COLOURS = {
    "silence": (120, 130, 145),
    "last words": (90, 150, 240),
    "composing": (235, 160, 60),
    "loudspeaker": (80, 180, 120),
    "face": (200, 110, 200),
}
"""RGB of each segment, in order of time."""


def segments(turn: TurnEntry) -> tuple[Segment, ...]:
    """Cut a turn's waiting into what was waited for; empty for a turn without both ends.

    What was prepared before the endpoint took no time: its segment is empty.
    """
    if turn.user_stopped_ms is None or turn.endpoint_ms is None or turn.first_heard_ms is None:
        return ()
    ends = (turn.endpoint_ms, turn.transcript_ms, turn.first_sample_ms, turn.first_heard_ms, turn.first_frame_ms)
    result, start = [], turn.user_stopped_ms
    for name, end in zip(COLOURS, ends, strict=True):
        if end is not None:
            result.append(Segment(name, start - turn.user_stopped_ms, max(start, end) - turn.user_stopped_ms))
            start = max(start, end)
    return tuple(result)


def summary(entries: Entries, title: str) -> Report:
    """Sum a ledger up: percentiles of every wait, interruptions, picture against sound."""
    entries = list(entries)
    turns = [entry for entry in entries if isinstance(entry, TurnEntry)]
    overlaps = [entry for entry in entries if isinstance(entry, OverlapEntry)]
    pictures = [entry for entry in entries if isinstance(entry, PictureEntry)]
    rows = (*_turn_rows(turns), *_overlap_rows(overlaps), *_picture_rows(pictures))
    drafted = sum(turn.drafted for turn in turns)
    return Report(title, rows, notes=(f"{len(turns)} turns, {drafted} answered with a reply prepared in a pause",))


def percentiles(values_ms: Sequence[float], name: str, bar: str = "") -> Row:
    """Give the row of p50, p95 and worst of some figures."""
    p50, p95 = np.percentile(values_ms, [50, 95])
    figures: dict[str, float | int | str] = {
        "p50 ms": round(float(p50)),
        "p95 ms": round(float(p95)),
        "worst ms": round(max(values_ms)),
        "n": len(values_ms),
    }
    return Row(name, figures, bar)


def _turn_rows(turns: Sequence[TurnEntry]) -> Iterable[Row]:
    waits = [turn.response_ms for turn in turns if turn.response_ms is not None]
    if waits:
        yield percentiles(waits, "end of speech to first sound")
    cut = [segment for turn in turns for segment in segments(turn)]
    for name in COLOURS:
        lengths = [segment.end_ms - segment.start_ms for segment in cut if segment.name == name]
        if lengths:
            yield percentiles(lengths, f"  of it: {name}")


def _overlap_rows(overlaps: Sequence[OverlapEntry]) -> Iterable[Row]:
    interruptions = [overlap for overlap in overlaps if overlap.verdict == "interruption"]
    alarms = [overlap for overlap in overlaps if overlap.verdict == "false alarm"]
    if overlaps:
        yield percentiles([o.silent_ms - o.onset_ms for o in overlaps], "user's voice to last sample heard")
    if interruptions:
        yield percentiles([o.decided_ms - o.onset_ms for o in interruptions], "user's voice to interruption decided")
    frames = [o.last_frame_ms - o.onset_ms for o in overlaps if o.last_frame_ms and o.last_frame_ms > o.onset_ms]
    if frames:
        yield percentiles(frames, "user's voice to last speech-driven frame")
    resumed = [o.resumed_ms - o.silent_ms for o in alarms if o.resumed_ms is not None]
    if resumed:
        yield percentiles(resumed, "false alarm: silent for")


def _picture_rows(pictures: Sequence[PictureEntry]) -> Iterable[Row]:
    speech = [entry for entry in pictures if entry.speech_frames]
    if speech:
        worst_ms = max((entry.offset_worst_ms for entry in speech), key=abs)
        tenth = max(1, len(speech) // 10)
        drift_ms = _mean_offset_ms(speech[-tenth:]) - _mean_offset_ms(speech[:tenth])
        offsets: dict[str, float | int | str] = {
            "mean ms": round(_mean_offset_ms(speech), 1),
            "worst ms": round(worst_ms, 1),
            "drift ms": round(drift_ms, 1),
        }
        yield Row("picture behind sound", offsets)
    if pictures:
        late, seconds = sum(entry.late for entry in pictures), (pictures[-1].at_ms - pictures[0].at_ms) / 1000
        yield Row("frames", {"n": sum(entry.frames for entry in pictures), "late": late, "seconds": round(seconds)})


def _mean_offset_ms(pictures: Sequence[PictureEntry]) -> float:
    frames = sum(entry.speech_frames for entry in pictures)
    return sum(entry.offset_ms * entry.speech_frames for entry in pictures) / frames


ROW_PX, LABEL_PX, WIDTH_PX, MARGIN_PX = 26, 300, 1100, 16


def draw(turns: Sequence[TurnEntry]) -> Picture:
    """Draw the turns under each other, time to the right [height, width, 3] RGB; raises nothing for no turns."""
    shown = [(turn, segments(turn)) for turn in turns if segments(turn)]
    longest_ms = max((cut[-1].end_ms for _, cut in shown), default=1000)
    scale = (WIDTH_PX - LABEL_PX - 2 * MARGIN_PX) / max(1000, longest_ms)
    height = 3 * ROW_PX + ROW_PX * len(shown) + 2 * MARGIN_PX
    picture = np.full((height, WIDTH_PX, 3), 250, np.uint8)
    _draw_scale(picture, scale, longest_ms, height)
    for index, (turn, cut) in enumerate(shown):
        _draw_turn(picture, turn, cut, scale, MARGIN_PX + ROW_PX * (index + 1))
    _draw_legend(picture, height - MARGIN_PX)
    return picture


def _draw_scale(picture: Picture, scale: float, longest_ms: int, height: int) -> None:
    for at_ms in range(0, max(1000, longest_ms) + 1, 200):
        x = LABEL_PX + round(at_ms * scale)
        cv2.line(picture, (x, MARGIN_PX + 18), (x, height - 2 * ROW_PX), (215, 215, 215), 1)
        _write(picture, f"{at_ms} ms", (x - 18, MARGIN_PX + 10), 0.38)


def _draw_turn(picture: Picture, turn: TurnEntry, cut: Sequence[Segment], scale: float, top: int) -> None:
    _write(picture, turn.said[:38], (MARGIN_PX, top + 17), 0.42)
    for segment in cut:
        left, right = (LABEL_PX + round(ms * scale) for ms in (segment.start_ms, segment.end_ms))
        if right > left:
            cv2.rectangle(picture, (left, top + 4), (right, top + ROW_PX - 4), COLOURS[segment.name], -1)
    _write(picture, str(turn.response_ms), (LABEL_PX + round(cut[-1].end_ms * scale) + 6, top + 17), 0.42)


def _draw_legend(picture: Picture, base: int) -> None:
    for index, (name, colour) in enumerate(COLOURS.items()):
        left = LABEL_PX + 130 * index
        cv2.rectangle(picture, (left, base - 12), (left + 12, base), colour, -1)
        _write(picture, name, (left + 18, base - 1), 0.42)


def _write(picture: Picture, text: str, at: tuple[int, int], size: float) -> None:
    # OpenCV's strokes know ASCII only.
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
