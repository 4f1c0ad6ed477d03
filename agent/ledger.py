"""When everything happened: one line a turn, an interruption or a second of picture, as values and as JSON lines.

All times are ms of the conversation's one clock, the sample being heard.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from dialogue.errors import InputError
from dialogue.section import Section


class TurnEntry(Section):
    """One turn of the user's and the reply to it; None where it did not come to that."""

    kind: Literal["turn"] = "turn"
    said: str
    heard: str
    """What of the reply was heard."""
    interrupted: bool = False
    drafted: bool = False
    """The reply had been prepared before the endpoint and was used."""
    user_stopped_ms: int | None = None
    endpoint_ms: int | None = None
    transcript_ms: int | None = None
    first_token_ms: int | None = None
    first_piece_ms: int | None = None
    first_sample_ms: int | None = None
    first_heard_ms: int | None = None
    first_frame_ms: int | None = None

    @property
    def response_ms(self) -> int | None:
        """From the end of the user's speech to the first sound of the reply."""
        if self.user_stopped_ms is None or self.first_heard_ms is None:
            return None
        return self.first_heard_ms - self.user_stopped_ms


class OverlapEntry(Section):
    """A sound of the user's during a reply, and what became of it."""

    kind: Literal["overlap"] = "overlap"
    verdict: Literal["interruption", "false alarm"]
    onset_ms: int
    """When the sound began."""
    held_ms: int
    """When it was noticed and the loudspeaker told to stop."""
    silent_ms: int
    """When the last sample of the reply was heard."""
    last_frame_ms: int | None = None
    """When the last frame driven by the reply was shown."""
    decided_ms: int
    resumed_ms: int | None = None
    """When the reply was heard again."""
    text: str = ""


class PictureEntry(Section):
    """What was shown since the last such line."""

    kind: Literal["picture"] = "picture"
    at_ms: int
    frames: int
    late: int
    """More than a frame's time after they were due."""
    rate_hz: float
    speech_frames: int = 0
    """Frames shown while the agent was heard; the offsets are theirs."""
    offset_ms: float = 0.0
    """Mean of sample heard minus sample shown when a frame came onto the screen: positive is picture behind sound."""
    offset_worst_ms: float = 0.0
    recogniser_behind_ms: int = 0
    """Sound heard and not recognised yet."""
    underruns: int = 0
    """Of the loudspeaker, since the start."""
    dropped_blocks: int = 0
    """Of the microphone, since the start."""


@dataclass(frozen=True, slots=True)
class PictureTally:
    """Frames counted since the last `PictureEntry`."""

    since_ms: int
    frames: int = 0
    late: int = 0
    speech_frames: int = 0
    offset_sum_ms: float = 0.0
    offset_worst_ms: float = 0.0

    def counting(self, *, late: bool) -> "PictureTally":
        """Count one more frame."""
        return replace(self, frames=self.frames + 1, late=self.late + late)

    def counting_speech(self, offset_ms: float) -> "PictureTally":
        """Count that it showed speech, `offset_ms` after the sample it belongs to was heard."""
        worst_ms = max(self.offset_worst_ms, offset_ms, key=abs)
        return replace(
            self,
            speech_frames=self.speech_frames + 1,
            offset_sum_ms=self.offset_sum_ms + offset_ms,
            offset_worst_ms=worst_ms,
        )

    def entry(self, at_ms: int) -> PictureEntry:
        """Sum up."""
        return PictureEntry(
            at_ms=at_ms,
            frames=self.frames,
            late=self.late,
            rate_hz=round(self.frames * 1000 / max(1, at_ms - self.since_ms), 2),
            speech_frames=self.speech_frames,
            offset_ms=round(self.offset_sum_ms / max(1, self.speech_frames), 2),
            offset_worst_ms=round(self.offset_worst_ms, 2),
        )


Entry = Annotated[TurnEntry | OverlapEntry | PictureEntry, Field(discriminator="kind")]
_ENTRY: TypeAdapter[TurnEntry | OverlapEntry | PictureEntry] = TypeAdapter(Entry)


ENTRIES_KEPT = 1000
"""In memory: a kiosk runs for months, and words of visitors are in the entries."""


class Ledger:
    """Keeps the entries of a conversation and, given a path, writes each to a file at once. A context manager."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self.entries: deque[TurnEntry | OverlapEntry | PictureEntry] = deque(maxlen=ENTRIES_KEPT)

    def __enter__(self) -> Self:
        """Open the file. Raises InputError when it cannot be written."""
        if self._path is not None:
            try:
                self._file = self._path.open("w", encoding="utf-8")
            except OSError as exc:
                raise InputError(f"the ledger {self._path} cannot be written ({exc.strerror}): choose another") from exc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def add(self, entry: TurnEntry | OverlapEntry | PictureEntry) -> None:
        """Keep an entry; of the picture's, one a second for ever, only the newest stays in memory."""
        if isinstance(entry, PictureEntry) and self.entries and isinstance(self.entries[-1], PictureEntry):
            self.entries[-1] = entry
        else:
            self.entries.append(entry)
        if self._file is not None:
            self._file.write(entry.model_dump_json(exclude_none=True) + "\n")
            self._file.flush()


def read_ledger(path: Path) -> Iterator[TurnEntry | OverlapEntry | PictureEntry]:
    """Yield the entries of a file. Raises InputError naming the line that is not one."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"the ledger {path} cannot be read: {exc}") from exc
    for number, line in enumerate(lines, 1):
        try:
            yield _ENTRY.validate_json(line)
        except ValidationError as exc:
            raise InputError(f"{path}, line {number}, is not a ledger entry: was it written by --ledger?") from exc
