"""What is seen and heard, as an MP4 file (H.264 + AAC) that stays playable whenever the program dies.

The file is fragmented once a second, so that everything up to the last fragment survives a kill. Sound and picture
carry time stamps of the same clock, the position of the sample being heard, and so cannot drift apart.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt

from dialogue.errors import InputError
from dialogue.speech import Samples

Frame = npt.NDArray[np.uint8]
"""RGB picture, shape [height, width, 3]."""

QUEUE_FRAMES = 50
FRAGMENT_FRAMES = 25

AAC_LEAD_SAMPLES = 1024
"""AAC needs one block before its first sound; both streams begin that much later, so no time stamp is negative."""


@dataclass(frozen=True, slots=True)
class _Shot:
    frame: Frame
    sound: Samples
    time_s: float


class Recorder:
    """Writes frames and the sound up to each of them; encodes on its own thread."""

    def __init__(
        self,
        path: Path,
        size_px: tuple[int, int],
        sample_rate_hz: int,
        frame_rate_hz: int = 25,
        *,
        keep_every_frame: bool = False,
    ) -> None:
        """Open the file for pictures of (width, height). Raises InputError when it cannot be written.

        With `keep_every_frame`, `add` waits for the encoder instead of dropping: for work that is not live.
        """
        self._keep_every_frame = keep_every_frame
        self.path = path
        self.frame_rate_hz = frame_rate_hz
        self.sample_rate_hz = sample_rate_hz
        self.dropped_frames = 0
        try:
            path.touch()
            self._file = av.open(str(path), "w", format="mp4", options=_FRAGMENTED)
        except (OSError, av.error.FFmpegError) as error:
            raise InputError(
                f"cannot write {path}: {error.strerror or error}. Name a file in a folder that exists"
            ) from error
        self._video = self._file.add_stream("libx264", rate=frame_rate_hz, options=_NO_DELAY)
        self._video.width, self._video.height = (side // 2 * 2 for side in size_px)
        self._video.pix_fmt = "yuv420p"
        self._video.gop_size = FRAGMENT_FRAMES
        self._video.thread_count = 1
        self._tick = Fraction(1, sample_rate_hz)
        self._video.time_base = self._video.codec_context.time_base = self._tick
        self._audio = self._file.add_stream("aac", rate=sample_rate_hz, layout="mono")
        self._samples_written = 0
        self._last_pts = -1
        self._shots: queue.Queue[_Shot | None] = queue.Queue(QUEUE_FRAMES)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._encode_all, name="recorder", daemon=True)
        self._thread.start()

    def add(self, frame: Frame, sound: Samples, time_s: float) -> None:
        """Take one frame seen at `time_s` and the sound since the frame before.

        A frame that the encoder cannot keep up with is dropped and counted; sound is never dropped.
        Raises InputError when writing failed (disk full).
        """
        if self._error is not None:
            raise InputError(f"recording {self.path} stopped: {self._error}. Free some space and start again")
        if self._shots.full() and not self._keep_every_frame:
            self.dropped_frames += 1
            frame = frame[:0]
        self._shots.put(_Shot(frame.copy(), sound, time_s))

    def close(self) -> None:
        """Finish the file; waits for what is queued."""
        self._shots.put(None)
        self._thread.join()

    def _encode_all(self) -> None:
        try:
            while (shot := self._shots.get()) is not None:
                self._encode(shot)
            for stream in (self._video, self._audio):
                self._file.mux(stream.encode(None))
            self._file.close()
        except (OSError, av.error.FFmpegError) as error:
            self._error = error
            self._drain()

    def _drain(self) -> None:
        while self._shots.get() is not None:
            pass

    def _encode(self, shot: _Shot) -> None:
        pts = round(shot.time_s * self.sample_rate_hz) + AAC_LEAD_SAMPLES
        if len(shot.frame) and pts > self._last_pts:
            picture = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(shot.frame[: self._video.height, : self._video.width]), format="rgb24"
            )
            picture.pts, picture.time_base = pts, self._tick
            self._last_pts = pts
            self._file.mux(self._video.encode(picture))
        if len(shot.sound):
            sound = av.AudioFrame.from_ndarray(shot.sound[None], format="fltp", layout="mono")
            sound.sample_rate, sound.pts = self.sample_rate_hz, self._samples_written + AAC_LEAD_SAMPLES
            sound.time_base = self._tick
            self._samples_written += len(shot.sound)
            self._file.mux(self._audio.encode(sound))


_NO_DELAY = {"preset": "veryfast", "crf": "18", "tune": "zerolatency", "bf": "0"}
# No frame waits in the encoder, so a kill loses at most a fragment; without B-frames time stamps need no edit list.
_FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}

Mix = Callable[[int, int], Samples]
"""Gives the samples to record of positions [start, stop)."""


class Film(Protocol):
    """What frames and sound are recorded into."""

    sample_rate_hz: int
    frame_rate_hz: int

    def add(self, frame: Frame, sound: Samples, time_s: float) -> None:
        """Take one frame seen at `time_s` and the sound since the frame before."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class RecorderDisplay:
    """A display that records from its first frame on, with the sound up to each frame that `mix` gives."""

    def __init__(self, recorder: Film, mix: Mix, paint: Callable[[Frame], Frame] | None = None) -> None:
        """Record into `recorder`; `paint` writes over a copy of each frame."""
        self._recorder, self._mix, self._paint = recorder, mix, paint
        self._start: int | None = None
        self._next = 0
        self._shown = 0

    def wants_frame(self, position: int) -> bool:
        """Tell whether the next frame of the recording's own rate is due."""
        return self._start is None or self._index(position - self._start) >= self._shown

    def show(self, frame: Frame, position: int) -> None:
        """Record the frame that belongs to the sample at `position`."""
        if self._start is None:
            self._start = self._next = position
        sound = self._mix(self._next, position)
        self._next = max(self._next, position)
        elapsed = position - self._start
        self._shown = self._index(elapsed) + 1
        painted = self._paint(frame) if self._paint else frame
        self._recorder.add(painted, sound, elapsed / self._recorder.sample_rate_hz)

    def close(self) -> None:
        """Finish the file."""
        self._recorder.close()

    def _index(self, elapsed: int) -> int:
        return elapsed * self._recorder.frame_rate_hz // self._recorder.sample_rate_hz
