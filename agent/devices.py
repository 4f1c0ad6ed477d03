"""PortAudio microphone and loudspeaker; the only importer of sounddevice.

Two separate streams: a duplex stream fails on PulseAudio's ALSA plugin. A watch task notices when callbacks stop (the
device was pulled, the sound server went away), keeps the clock running meanwhile, and opens the streams anew.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import sounddevice
from pydantic import Field

from agent.playback import Playback
from agent.sound import MICROPHONE_BLOCK_SAMPLES, MICROPHONE_RATE_HZ, SPEAKER_RATE_HZ
from agent.timed_speaker import FULL_S
from dialogue.errors import DeviceError
from dialogue.section import Section
from dialogue.speech import Samples

STALLED_S = 2.5
"""Without a callback for this long a device counts as gone."""

SILENT_S = 0.7
"""Without a callback for this long the clock runs on by time alone, so that the face does not freeze."""

MICROPHONE_QUEUE_BLOCKS = 500
"""Five seconds: more than any stage may fall behind; beyond it the microphone raises."""

NO_MICROPHONE = "no microphone was found: plug one in, or use --listen FILE or --text"
NO_SPEAKER = "no loudspeaker was found: plug one in, or use --record FILE"


class SoundSettings(Section):
    """Which sound devices to use."""

    microphone: str = Field("", description="part of the microphone's name; empty: the system's default")
    loudspeaker: str = Field("", description="part of the loudspeaker's name; empty: the system's default")
    block_ms: int = Field(10, ge=5, le=100, description="larger is safer on a slow machine and slower to answer")
    latency_ms: int = Field(50, ge=10, le=500, description="sound the device holds; larger never crackles, stops later")


@dataclass(frozen=True, slots=True)
class DevicesFound:
    """Which kinds of sound device this machine has."""

    microphone: bool
    loudspeaker: bool


def find_devices() -> DevicesFound:
    """Look for default sound devices; says no where PortAudio itself is missing or broken."""
    return DevicesFound(microphone=_has("input"), loudspeaker=_has("output"))


def _has(kind: str) -> bool:
    try:
        sounddevice.query_devices(kind=kind)
    except (sounddevice.PortAudioError, ValueError):
        return False
    return True


class DeviceMicrophone:
    """The system's microphone at 16 kHz in 10 ms blocks."""

    sample_rate_hz = MICROPHONE_RATE_HZ

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._blocks: asyncio.Queue[Samples] = asyncio.Queue(MICROPHONE_QUEUE_BLOCKS)
        self.dropped_blocks = 0

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield what is heard; raises DeviceError when the device went away (call again once it is back)."""
        self._blocks = asyncio.Queue(MICROPHONE_QUEUE_BLOCKS)
        with self._open():
            while True:
                try:
                    async with asyncio.timeout(STALLED_S):
                        yield await self._blocks.get()
                except TimeoutError as error:
                    raise DeviceError(
                        "the microphone went away: plug it in again, listening resumes by itself"
                    ) from error

    @contextlib.contextmanager
    def _open(self) -> Iterator[None]:
        try:
            stream = sounddevice.InputStream(
                samplerate=MICROPHONE_RATE_HZ,
                blocksize=MICROPHONE_BLOCK_SAMPLES,
                device=self._settings.microphone or None,
                channels=1,
                dtype="float32",
                latency=self._settings.latency_ms / 1000,
                callback=self._heard,
            )
            stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DeviceError(f"{NO_MICROPHONE} ({error})") from error
        try:
            yield
        finally:
            with suppress(sounddevice.PortAudioError):
                stream.close()

    def _heard(self, data: Samples, count: int, times: Any, status: sounddevice.CallbackFlags) -> None:
        with suppress(RuntimeError):  # the loop has closed while the device was still delivering
            self._loop.call_soon_threadsafe(self._accept, data[:, 0].copy())

    def _accept(self, block: Samples) -> None:
        try:
            self._blocks.put_nowait(block)
        except asyncio.QueueFull:
            self.dropped_blocks += 1


class DeviceSpeaker:
    """The system's loudspeaker, and the clock."""

    sample_rate_hz = SPEAKER_RATE_HZ

    def __init__(self, settings: SoundSettings) -> None:
        self._settings = settings
        self._playback = Playback(SPEAKER_RATE_HZ)
        self._stream: sounddevice.OutputStream | None = None
        self._heard = 0
        self._anchor = (0, 0.0)
        """A position, and the time of `time.monotonic()` at which that sample leaves the loudspeaker."""
        self._last_callback_s = time.monotonic()
        self.underruns = 0
        self.is_away = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator["DeviceSpeaker"]:
        """Keep the device open, and open it again whenever it went away, until the block ends."""
        await asyncio.to_thread(self._open)
        watch = asyncio.create_task(self._watch(), name="loudspeaker watch")
        try:
            yield self
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            self._close()

    def heard(self) -> int:
        """Tell the position of the sample leaving the loudspeaker now."""
        position, at_s = self._anchor
        estimate = position + round((time.monotonic() - at_s) * self.sample_rate_hz)
        if not self.is_away:
            estimate = min(estimate, self._playback.taken())
        self._heard = max(self._heard, estimate)
        return self._heard

    async def play(self, samples: Samples) -> int:
        """Queue samples; waits while more than FULL_S is queued."""
        position = self._playback.put(samples)
        while (waiting := self._playback.queued() - FULL_S * self.sample_rate_hz) > 0:  # noqa: ASYNC110 - the device empties it
            await asyncio.sleep(max(0.005, waiting / self.sample_rate_hz))
        return position

    def end(self) -> int:
        """Tell the position at which the queue runs out."""
        return self._playback.end()

    def stop(self) -> int:
        """Drop what is queued; what the device already holds is still heard."""
        return self._playback.stop()

    def pause(self) -> int:
        """Hold the queue."""
        return self._playback.pause()

    def resume(self) -> int:
        """Let the queue run again."""
        return self._playback.resume()

    def sent(self) -> int:
        """Tell how far the device has been fed."""
        return self._playback.taken()

    def played(self, start: int, stop: int) -> Samples:
        """Give what went out: the far end of the echo."""
        return self._playback.played(start, stop)

    def _open(self) -> None:
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=self.sample_rate_hz,
                blocksize=self.sample_rate_hz * self._settings.block_ms // 1000,
                device=self._settings.loudspeaker or None,
                channels=1,
                dtype="float32",
                latency=self._settings.latency_ms / 1000,
                callback=self._feed,
            )
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise DeviceError(f"{NO_SPEAKER} ({error})") from error

    def _close(self) -> None:
        if self._stream is not None:
            with suppress(sounddevice.PortAudioError):
                self._stream.close()
            self._stream = None

    def _feed(self, out: Samples, count: int, times: Any, status: sounddevice.CallbackFlags) -> None:
        self._last_callback_s = now_s = time.monotonic()
        if self.is_away:
            return out.fill(0)
        if status.output_underflow:
            self.underruns += 1
        # How long until this block leaves the loudspeaker: PortAudio's hint, kept to what is possible.
        ahead_s = min(max(times.outputBufferDacTime - times.currentTime, 0.0), 0.5)
        self._anchor = (self._playback.taken(), now_s + ahead_s)
        out[:, 0] = self._playback.take(count)
        return None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            quiet_s = time.monotonic() - self._last_callback_s
            if self.is_away:
                self._drain()
                if quiet_s < SILENT_S:
                    self._return()
                elif quiet_s > STALLED_S:
                    await self._open_again()
            elif quiet_s > SILENT_S:
                self._lose()

    def _lose(self) -> None:
        """Let the clock run on by time alone: what is said now is lost, the face goes on."""
        self._anchor = (self.heard(), time.monotonic())
        self.is_away = True

    def _return(self) -> None:
        self._anchor = (self._playback.taken(), time.monotonic())
        self.is_away = False

    def _drain(self) -> None:
        due = self.heard() - self._playback.taken()
        if due > 0:
            self._playback.take(due)

    async def _open_again(self) -> None:
        await asyncio.to_thread(self._close)
        with suppress(DeviceError):
            await asyncio.to_thread(self._open)
