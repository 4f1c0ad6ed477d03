"""A loudspeaker nobody hears: keeps the clock and the queue where there is no sound device, or while it is away."""

import asyncio
from collections.abc import Callable

from agent.playback import Playback
from agent.sound import SPEAKER_RATE_HZ
from dialogue.speech import Samples

FULL_S = 1.0
"""Sound that may wait in the queue before `play` waits: enough to ride over a busy moment."""


class TimedSpeaker:
    """Plays to nowhere at the pace of `clock` (seconds, monotonic)."""

    def __init__(self, clock: Callable[[], float], sample_rate_hz: int = SPEAKER_RATE_HZ) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._clock = clock
        self._started_s = clock()
        self._playback = Playback(sample_rate_hz)

    def heard(self) -> int:
        """Tell the position for the time that has passed since the start."""
        self._catch_up()
        return self._playback.taken()

    async def play(self, samples: Samples) -> int:
        """Queue samples; waits while more than FULL_S is queued."""
        self._catch_up()
        position = self._playback.put(samples)
        while (waiting := self._playback.queued() - FULL_S * self.sample_rate_hz) > 0:
            await asyncio.sleep(waiting / self.sample_rate_hz)
            self._catch_up()
        return position

    def end(self) -> int:
        """Tell the position at which the queue runs out."""
        self._catch_up()
        return self._playback.end()

    def stop(self) -> int:
        """Drop what is queued."""
        self._catch_up()
        return self._playback.stop()

    def pause(self) -> int:
        """Hold the queue."""
        self._catch_up()
        return self._playback.pause()

    def resume(self) -> int:
        """Let the queue run again."""
        self._catch_up()
        return self._playback.resume()

    def sent(self) -> int:
        """Tell what is past: the same as `heard`, for want of a device."""
        return self.heard()

    def played(self, start: int, stop: int) -> Samples:
        """Give what went out."""
        self._catch_up()
        return self._playback.played(start, stop)

    def _catch_up(self) -> None:
        due = int((self._clock() - self._started_s) * self.sample_rate_hz)
        behind = due - self._playback.taken()
        if behind > 0:
            self._playback.take(behind)
