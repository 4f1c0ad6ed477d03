"""Sound as values: frames with a place in their stream, a ring buffer, resampling, and reading sound files."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import soxr

from dialogue.errors import InputError
from dialogue.speech import Samples

SPEECH_RATE_HZ = 16_000
"""The one rate at which Visavis listens."""

# What people hand in; naming them keeps playlists and scripts, which can open other files, out of the demuxer.
_CONTAINERS = "wav,w64,aiff,au,caf,flac,mp3,ogg,aac,adts,amr,mov,mp4,m4a,3gp,matroska,webm,avi"


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """A stretch of mono sound and where it lies in its stream.

    `samples` is float32 in [-1, 1], shape [n]; `position` counts samples from the start of the stream at
    `sample_rate_hz`, so that times are exact integers however long the stream runs.
    """

    samples: Samples
    sample_rate_hz: int
    position: int = 0

    def __post_init__(self) -> None:
        """Raise InputError for anything but mono float32 at a rate above 0."""
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise InputError(
                f"sound must be mono float32, not {self.samples.dtype} of shape {self.samples.shape}: mix it down"
                " and scale it to [-1, 1] first"
            )
        if self.sample_rate_hz <= 0:
            raise InputError(f"a sample rate of {self.sample_rate_hz} Hz cannot be: give the rate of the recording")

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.sample_rate_hz

    @property
    def end(self) -> int:
        """Position just after the last sample."""
        return self.position + len(self.samples)


class RingBuffer:
    """The last `capacity` samples of a stream, addressed by position; older ones are forgotten."""

    def __init__(self, capacity: int) -> None:
        if capacity <= 0:
            raise InputError(f"a buffer of {capacity} samples holds nothing: give it at least one")
        self._ring = np.zeros(capacity, np.float32)
        self._end = 0

    @property
    def start(self) -> int:
        """Position of the oldest sample still held."""
        return max(0, self._end - len(self._ring))

    @property
    def end(self) -> int:
        """Position just after the newest sample."""
        return self._end

    def append(self, samples: Samples) -> None:
        """Add the stream's next samples, forgetting the oldest beyond `capacity`."""
        capacity = len(self._ring)
        kept = samples[-capacity:]
        first = (self._end + len(samples) - len(kept)) % capacity
        head = min(len(kept), capacity - first)
        self._ring[first : first + head] = kept[:head]
        self._ring[: len(kept) - head] = kept[head:]
        self._end += len(samples)

    def between(self, start: int, end: int) -> Samples:
        """Copy the samples from `start` up to `end`; positions not held (too old, not yet heard) are left out."""
        start, end = max(start, self.start), min(end, self._end)
        return self._ring.take(np.arange(start, max(start, end)), mode="wrap")

    def last(self, count: int) -> Samples:
        """Copy the newest `count` samples, or as many as there are."""
        return self.between(self._end - count, self._end)


class Blocks:
    """Cuts a stream that arrives in pieces of any length into blocks of one length."""

    def __init__(self, block_samples: int) -> None:
        self.block_samples = block_samples
        self._rest: Samples = np.zeros(0, np.float32)

    def push(self, samples: Samples) -> Iterator[Samples]:
        """Yield the blocks that these samples complete; what is left waits for the next push."""
        joined = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(joined) - len(joined) % self.block_samples
        self._rest = joined[whole:].copy()
        yield from joined[:whole].reshape(-1, self.block_samples)

    def flush(self) -> Samples:
        """Return what waits, shorter than a block; the stream has ended."""
        rest, self._rest = self._rest, self._rest[:0]
        return rest

    def reset(self) -> None:
        """Drop what waits."""
        self._rest = self._rest[:0]


Quality = Literal["LQ", "MQ", "HQ", "VHQ"]
"""soxr's names. From 48 to 16 kHz they delay by 6, 15, 21 and 38 ms."""


class Resampler:
    """Converts a stream from one rate to another with soxr; pieces of any length add up to the whole's result."""

    def __init__(self, from_hz: int, to_hz: int, quality: Quality = "HQ") -> None:
        self.from_hz, self.to_hz, self._quality = from_hz, to_hz, quality
        self.reset()

    def reset(self) -> None:
        """Start a new stream."""
        self._stream = (
            None
            if self.from_hz == self.to_hz
            else soxr.ResampleStream(self.from_hz, self.to_hz, 1, dtype="float32", quality=self._quality)
        )

    def push(self, samples: Samples) -> Samples:
        """Take the next samples and return those that are ready, which lag behind by the filter's delay."""
        if self._stream is None:
            return samples
        resampled: Samples = self._stream.resample_chunk(samples)
        return resampled

    def flush(self) -> Samples:
        """Return what is still inside; the stream has ended, `reset` starts another."""
        if self._stream is None:
            return np.zeros(0, np.float32)
        rest: Samples = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        return rest


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Convert whole sound from one rate to another."""
    if from_hz == to_hz:
        return samples
    resampled: Samples = soxr.resample(samples, from_hz, to_hz)
    return resampled


def read_sound(path: Path, sample_rate_hz: int = SPEECH_RATE_HZ, longest_s: float = 3600.0) -> AudioFrame:
    """Read a sound file, or a video's sound, of any usual container, rate and channels as mono at one rate.

    Channels are averaged, samples beyond full scale clipped. Raises InputError for what is no sound, is empty, holds
    samples that are no numbers, or lasts longer than `longest_s`.
    """
    rate = Fraction(0)
    pieces: list[Samples] = []
    length_s = Fraction(0)
    for piece, piece_hz in _decode(path):
        if rate and piece_hz != rate:
            raise InputError(f"{path} changes its sample rate half-way: convert it to one rate first")
        rate = Fraction(piece_hz)
        pieces.append(piece)
        length_s += len(piece) / rate
        if length_s > longest_s:
            raise InputError(f"{path} is longer than {longest_s:g} s: cut it into shorter files")
    if not pieces:
        raise InputError(f"{path} holds no sound: choose a file with at least one sample in it")
    whole = np.concatenate(pieces)
    if not np.isfinite(whole).all():
        raise InputError(f"{path} holds samples that are not numbers: export it again from where it was made")
    return AudioFrame(resample(np.clip(whole, -1, 1), int(rate), sample_rate_hz), sample_rate_hz)


def _decode(path: Path) -> Iterator[tuple[Samples, int]]:
    """Yield (mono samples, rate in Hz) in order; raises InputError at whatever stops FFmpeg."""
    try:
        # A file object, not a name: FFmpeg then cannot follow it elsewhere, and file names cannot be protocols.
        options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
        with path.open("rb") as file, av.open(file, options=options) as container:
            if not container.streams.audio:
                raise InputError(f"{path} has no sound in it: choose a recording")
            yield from _mono(container)
    except (av.FFmpegError, OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
        raise InputError(f"cannot read {path} as sound ({reason}): try a WAV, FLAC, MP3 or Ogg file") from exc


def _mono(container: Any) -> Iterator[tuple[Samples, int]]:
    planar = av.AudioResampler(format="fltp")
    stream = container.streams.audio[0]
    for frame in container.decode(stream):
        for converted in planar.resample(frame):
            # Decoders hand out views of their own buffers.
            yield converted.to_ndarray().mean(axis=0, dtype=np.float32), converted.sample_rate
