"""The queue between the agent's voice and a loudspeaker: what is waiting, what went out, where the clock is.

One object serves every kind of loudspeaker. The device takes blocks from it on its own thread; the conversation
queues, stops, pauses and asks for positions on another. A lock held for microseconds keeps the two apart.
"""

import threading
from collections import deque

import numpy as np

from dialogue.audio import RingBuffer
from dialogue.speech import Samples

FADE_S = 0.004
"""Length of the ramp where sound is cut or taken up again: short enough not to be heard as a fade, no click."""

HISTORY_S = 4.0


class Playback:
    """Sound waiting to be heard, and the last seconds of what went out. Positions count samples, silence included."""

    def __init__(self, sample_rate_hz: int) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._lock = threading.Lock()
        self._queue: deque[Samples] = deque()
        self._queued = 0
        self._paused = False
        self._cut = False
        self._fade_in = False
        self._fade = max(1, round(FADE_S * sample_rate_hz))
        self._history = RingBuffer(round(HISTORY_S * sample_rate_hz))

    def put(self, samples: Samples) -> int:
        """Queue samples; tells the position at which the first of them will go out."""
        samples = np.ascontiguousarray(samples, np.float32)
        with self._lock:
            if self._cut:
                self._cut_now()
            position = self._history.end + self._queued
            if len(samples):
                self._queue.append(samples)
                self._queued += len(samples)
            return position

    def take(self, count: int) -> Samples:
        """Hand the next `count` samples to the device: queued sound, then silence. Called by the device's thread."""
        out = np.zeros(count, np.float32)
        with self._lock:
            if self._cut:
                self._ramp_down(out)
            elif not self._paused:
                self._fill(out)
            self._history.append(out)
        return out

    def taken(self) -> int:
        """Tell how many samples went to the device so far."""
        with self._lock:
            return self._history.end

    def end(self) -> int:
        """Tell the position at which the queue runs out."""
        with self._lock:
            return self._history.end + self._queued

    def queued(self) -> int:
        """Tell how many samples wait."""
        with self._lock:
            return self._queued

    def stop(self) -> int:
        """Drop what waits, save a ramp of a few ms; tells the position where the sound ends."""
        with self._lock:
            if self._paused:
                self._clear()
                self._paused = False
                return self._history.end
            ramp = min(self._queued, self._fade)
            self._cut = ramp > 0
            return self._history.end + ramp

    def pause(self) -> int:
        """Hold the queue from now on; tells the position where the sound is cut."""
        with self._lock:
            self._paused = True
            return self._history.end

    def resume(self) -> int:
        """Let the queue run again; tells the position of its first sample."""
        with self._lock:
            self._fade_in = self._paused
            self._paused = False
            return self._history.end

    def played(self, start: int, stop: int) -> Samples:
        """Give samples [start, stop) of what went out; what is too old or not out yet is silence."""
        out = np.zeros(max(0, stop - start), np.float32)
        with self._lock:
            kept = self._history.between(start, stop)
            first = max(start, self._history.start) - start
        out[first : first + len(kept)] = kept
        return out

    def _fill(self, out: Samples) -> None:
        filled = 0
        while filled < len(out) and self._queue:
            head = self._queue[0]
            part = head[: len(out) - filled]
            out[filled : filled + len(part)] = part
            filled += len(part)
            if len(part) == len(head):
                self._queue.popleft()
            else:
                self._queue[0] = head[len(part) :]
        self._queued -= filled
        if self._fade_in and filled:
            ramp = min(filled, self._fade)
            out[:ramp] *= np.linspace(0.0, 1.0, ramp, dtype=np.float32)
            self._fade_in = False

    def _ramp_down(self, out: Samples) -> None:
        ramp = min(self._queued, self._fade, len(out))
        self._fill(out[:ramp])
        out[:ramp] *= np.linspace(1.0, 0.0, ramp, dtype=np.float32)
        self._cut_now()

    def _cut_now(self) -> None:
        self._clear()
        self._cut = False

    def _clear(self) -> None:
        self._queue.clear()
        self._queued = 0
