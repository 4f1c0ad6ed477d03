"""Sound in and out: the seams between a conversation and devices or files, and the one clock.

The clock of a conversation is the loudspeaker: `Speaker.heard()` counts samples, silence included, up to the one that
leaves the loudspeaker now. Everything else (a frame's motion, a caption, what of a reply was heard) is told in it.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from dialogue.speech import Samples

MICROPHONE_RATE_HZ = 16_000
MICROPHONE_BLOCK_SAMPLES = 160
SPEAKER_RATE_HZ = 24_000


class Microphone(Protocol):
    """Where the user's voice comes from."""

    sample_rate_hz: int

    def blocks(self) -> AsyncIterator[Samples]:
        """Yield consecutive blocks of MICROPHONE_BLOCK_SAMPLES as they are heard; ends where a file ends.

        Raises DeviceError when the device goes away.
        """
        ...


class Speaker(Protocol):
    """Where the agent's voice goes, and the clock. Positions count samples since it started, silence included."""

    sample_rate_hz: int

    def heard(self) -> int:
        """Tell the position of the sample leaving the loudspeaker now (output latency included); never goes back."""
        ...

    async def play(self, samples: Samples) -> int:
        """Queue samples behind what is queued and tell the position at which the first will be heard.

        With an empty queue that is the earliest position still possible. Waits while more than a second is queued.
        """
        ...

    def end(self) -> int:
        """Tell the position at which the queue runs out; at most `heard()` when nothing is queued."""
        ...

    def stop(self) -> int:
        """Drop whatever is queued (with a fade of a few ms, no click) and tell the position where the sound ends."""
        ...

    def pause(self) -> int:
        """Hold the queue: silence from now on, nothing lost; tells the position where the sound was cut."""
        ...

    def resume(self) -> int:
        """Go on with what `pause` held; tells the position at which its first sample will be heard."""
        ...

    def sent(self) -> int:
        """Tell the position just after the last sample that went to the device; at least `heard()`."""
        ...

    def played(self, start: int, stop: int) -> Samples:
        """Give the samples of [start, stop) of the last few seconds as the device got them: the echo's far end."""
        ...
