"""Takes what the loudspeaker plays out of what the microphone hears, so that only the user is left.

Interrupting is talking while the agent talks, so the user's first syllable must come through whole, and the agent's own
voice must not: a linear filter, which cannot harm the user's voice, takes out what follows from the far end; what it
leaves is shut out by a gate that opens within 20 ms for anything the far end does not explain.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pywebrtc_audio
from pydantic import Field
from rapidfuzz.distance import LCSseq
from scipy import fft

from dialogue.audio import SPEECH_RATE_HZ
from dialogue.errors import InputError
from dialogue.section import Section
from dialogue.speech import Samples

BLOCK_SAMPLES = SPEECH_RATE_HZ // 100
Spectra = npt.NDArray[np.complex64]
Power = npt.NDArray[np.float32]


class EchoSettings(Section):
    """Section `echo`."""

    engine: Literal["kalman", "webrtc", "off"] = Field(
        "kalman",
        description="kalman lets interruptions through; webrtc suppresses more, the user too; off for headphones",
    )
    reach_ms: int = Field(
        400, ge=50, le=1000, description="kalman: longest delay and reverberation together that it can take out"
    )


class EchoCanceller(Protocol):
    """Takes what the loudspeaker played out of what the microphone heard."""

    def cancel(self, near: Samples, far: Samples) -> Samples:
        """Give the microphone's block without the echo: 16 kHz, a multiple of 10 ms, no delay added.

        `far` is what was played while `near` was recorded, equally long; up to a quarter of a second early does no
        harm, late does. Raises InputError for other lengths.
        """
        ...


class KalmanEchoCanceller:
    """A Kalman filter in the frequency domain, then a gate; 2 % of one core.

    The echo path is a state of `reach_ms`, cut into blocks of 10 ms, each followed in every frequency bin on its own
    (partitioned-block frequency-domain Kalman filter: Enzner and Vary 2006; Kuech, Mabande, Enzner 2014). It needs no
    detection of double-talk: what the path cannot explain counts as noise and slows the learning.
    """

    _bins = BLOCK_SAMPLES + 1
    _forgetting = 0.9985
    """Of the path, a block: half of it is forgotten in 4 s of speech, which follows clocks that drift."""
    _first_variance = 5e-3
    """Of the path before anything is known of it, for an echo as loud as the loudspeaker's signal."""
    _smoothing = 0.85

    def __init__(self, settings: EchoSettings) -> None:
        """Start with no idea of the room."""
        self._partitions = settings.reach_ms // 10
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        shape = (self._partitions, self._bins)
        self._path = np.zeros(shape, np.complex64)
        self._variance = np.full(shape, 0.01 * self._first_variance, np.float32)
        self._first_far_blocks = 0
        self._first_energies = np.zeros(2)
        self._far_spectra = np.zeros(shape, np.complex64)
        self._noise = np.full(self._bins, 1e-6, np.float32)
        self._far_window = np.zeros(2 * BLOCK_SAMPLES, np.float32)
        self._error_window = np.zeros(2 * BLOCK_SAMPLES, np.float32)
        self._gate = ResidualGate()

    def cancel(self, near: Samples, far: Samples) -> Samples:
        """Give the microphone's block without the echo; see `EchoCanceller`."""
        clean = np.empty_like(near)
        for block in _blocks(near, far):
            clean[block] = self._cancel_block(near[block], far[block])
        return clean

    def _cancel_block(self, near: Samples, far: Samples) -> Samples:
        far_power = self._take_far(far)
        echo = fft.irfft(np.einsum("pf,pf->f", self._path, self._far_spectra))[BLOCK_SAMPLES:]
        error = near - echo
        loudspeaker_sounds = float(far_power.sum()) > _SILENT_POWER * self._partitions
        self._error_window[BLOCK_SAMPLES:] = error
        error_spectrum = fft.rfft(self._error_window)
        self._noise += (1 - self._smoothing) * (np.square(np.abs(error_spectrum)) - self._noise)
        self._expect(float(near @ near), float(far @ far))
        if loudspeaker_sounds:  # silence teaches nothing, and must not be held against what was learnt
            self._follow(error_spectrum, far_power)
        return self._gate.pass_on(error, echo, loudspeaker_sounds)

    def _take_far(self, far: Samples) -> Power:
        """Shift the far end's newest block in and give the power of each partition and bin."""
        self._far_window[:BLOCK_SAMPLES] = self._far_window[BLOCK_SAMPLES:]
        self._far_window[BLOCK_SAMPLES:] = far
        self._far_spectra[1:] = self._far_spectra[:-1]
        self._far_spectra[0] = fft.rfft(self._far_window)
        power: Power = np.square(self._far_spectra.real) + np.square(self._far_spectra.imag)
        return power

    def _expect(self, near_energy: float, far_energy: float) -> None:
        """Learn from the loudspeaker's first sound how loud its echo is, which says how far the path may be from 0."""
        if self._first_far_blocks == _FIRST_BLOCKS or far_energy < _SILENT_POWER:
            return
        self._first_far_blocks += 1
        self._first_energies += near_energy, far_energy
        coupling = float(self._first_energies[0] / self._first_energies[1])
        np.maximum(self._variance, self._first_variance * coupling, out=self._variance)

    def _follow(self, error: Spectra, far_power: Power) -> None:
        """Predict and update the path (Kuech et al. 2014, equations 21-26, diagonal)."""
        keep = np.float32(self._forgetting**2)
        self._variance *= keep
        self._variance += (1 - keep) * (np.square(self._path.real) + np.square(self._path.imag))
        # Half, because only the second half of each window is not wrapped around.
        uncertain = 0.5 * np.einsum("pf,pf->f", self._variance, far_power)
        step = self._variance / (uncertain + self._noise + 1e-9)
        change = fft.irfft(step * self._far_spectra.conj() * error, axis=1)
        change[:, BLOCK_SAMPLES:] = 0
        self._path += fft.rfft(change, axis=1)
        self._variance *= 1 - 0.5 * step * far_power


# Of a block's spectrum: about -75 dB of full scale.
_SILENT_POWER = 1e-3
_FIRST_BLOCKS = 50


class ResidualGate:
    """Shuts out what the filter left of the echo, and opens for what the far end does not explain.

    What is left and goes with the echo estimate (short-time coherence) is echo whose path has just changed. Of the
    rest, the gate follows how much there usually is (dB below the echo's envelope, which decays like a room); a few
    blocks louder than that by a margin are the user. Shut, it gives noise as loud as the room.
    """

    _band = slice(6, 90)
    """300 to 4500 Hz."""
    _coherence_smoothing = 0.7
    _decay = 0.97
    """Of the echo's envelope, a block: reverberation outlives the filter."""
    _opening_db, _holding_db = 7.0, 2.0
    _opening_blocks, _hold_blocks = 2, 12
    _shutting = np.float32(0.5)
    """Of the gain, a block: opens at once, shuts over a few."""
    _learning_blocks = 100
    """Of the loudspeaker's sound before anything may pass: the filter starts with no idea of the room."""
    _remainder_db_limits = (-35.0, 0.0)

    def __init__(self) -> None:
        bins = self._band.stop - self._band.start
        self._window = np.hanning(2 * BLOCK_SAMPLES).astype(np.float32)
        self._last_two = np.zeros((2, 2 * BLOCK_SAMPLES), np.float32)
        self._error_power = np.full(bins, 1e-6, np.float32)
        self._echo_power = np.full(bins, 1e-6, np.float32)
        self._cross_power = np.zeros(bins, np.complex64)
        self._envelope = 0.0
        self._remainder_db = -6.0
        self._floor = 1e-3
        self._heard_blocks = 0
        self._above_blocks = 0
        self._open_blocks = self._hold_blocks
        self._gain = np.float32(1)
        self._room_level = np.float32(1e-4)
        self._noise = np.random.default_rng(0)

    def pass_on(self, error: Samples, echo: Samples, loudspeaker_sounds: bool) -> Samples:
        """Give the block as it is, or shut out; `loudspeaker_sounds` where the filter's reach holds any sound."""
        unexplained = self._measure(error, echo)
        ratio_db = 10 * float(np.log10((unexplained + 1e-6) / (self._envelope + 1e-6)))
        self._judge(ratio_db, loudspeaker_sounds)
        return self._shape(error)

    def _measure(self, error: Samples, echo: Samples) -> float:
        """Follow both signals' spectra, and give the error's power that does not go with the echo estimate."""
        self._last_two[:, :BLOCK_SAMPLES] = self._last_two[:, BLOCK_SAMPLES:]
        self._last_two[:, BLOCK_SAMPLES:] = error, echo
        error_spectrum, echo_spectrum = fft.rfft(self._last_two * self._window, axis=1)[:, self._band]
        new = 1 - self._coherence_smoothing
        echo_power = np.square(np.abs(echo_spectrum))
        self._error_power += new * (np.square(np.abs(error_spectrum)) - self._error_power)
        self._echo_power += new * (echo_power - self._echo_power)
        self._cross_power += new * (error_spectrum * echo_spectrum.conj() - self._cross_power)
        self._envelope = max(float(echo_power.sum()), self._decay * self._envelope)
        explained = np.square(np.abs(self._cross_power)) / (self._echo_power + 1e-12)
        unexplained = float(np.maximum(self._error_power - explained, 0).sum())
        self._floor = min(unexplained, 1.001 * self._floor) + 1e-9
        return unexplained

    def _judge(self, ratio_db: float, loudspeaker_sounds: bool) -> None:
        """Decide from error to echo whether the user is heard, and learn what the echo leaves."""
        if not loudspeaker_sounds:
            self._open_blocks = self._hold_blocks
            return
        self._heard_blocks += 1
        above_db = ratio_db - self._remainder_db
        if self._envelope * 10 ** (self._remainder_db / 10) > 2 * self._floor:
            self._learn(above_db)
        if self._heard_blocks <= self._learning_blocks:
            self._open_blocks, self._gain = 0, np.float32(0)
            return
        self._above_blocks = self._above_blocks + 1 if above_db > self._opening_db else 0
        opens = self._above_blocks >= self._opening_blocks
        stays = self._open_blocks > 0 and above_db > self._holding_db
        self._open_blocks = self._hold_blocks if opens or stays else max(0, self._open_blocks - 1)

    def _learn(self, above_db: float) -> None:
        """Follow the level below which four in five blocks of echo stay; the user's voice moves it little."""
        step_db = max(0.005, 5 / self._heard_blocks)
        moved_db = self._remainder_db + (4 * step_db if above_db > 0 else -step_db)
        self._remainder_db = float(np.clip(moved_db, *self._remainder_db_limits))

    def _shape(self, error: Samples) -> Samples:
        before = self._gain
        self._gain = np.float32(1) if self._open_blocks else self._shutting * before
        level = np.sqrt(np.mean(np.square(error)))
        self._room_level = np.minimum(level, np.float32(1.005) * self._room_level + np.float32(1e-9))
        if before == self._gain == 1:
            return error
        noise = self._noise.standard_normal(len(error), np.float32) * (self._room_level * (1 - self._gain))
        shaped: Samples = error * np.linspace(before, self._gain, len(error), dtype=np.float32) + noise
        return shaped


class WebRtcEchoCanceller:
    """WebRTC's AEC3: quickest to learn a room, and silences the user too while both speak."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        self._canceller: Any = pywebrtc_audio.EchoCanceller(sample_rate=SPEECH_RATE_HZ)

    def cancel(self, near: Samples, far: Samples) -> Samples:
        """Give the microphone's block without the echo; see `EchoCanceller`."""
        clean = np.empty_like(near)
        for block in _blocks(near, far):
            clean[block] = self._canceller.process(near[block], far[block])
        return clean


def is_echo(transcript: str, spoken_text: str, share: float = 0.7) -> bool:
    """Say whether a transcript is only what the agent is saying: a guard behind the canceller.

    True when at least `share` of the transcript's words occur, in order, close together in the words the agent has
    spoken in the last seconds. One or two words are an echo only when all of them are there.
    """
    heard, spoken = _plain_words(transcript), _plain_words(spoken_text)
    if not heard:
        return False
    needed = len(heard) if len(heard) < 3 else int(np.ceil(share * len(heard)))
    width = len(heard) + 2
    windows = (spoken[start : start + width] for start in range(max(1, len(spoken) - width + 1)))
    return any(LCSseq.similarity(heard, window) >= needed for window in windows)


def _plain_words(text: str) -> Sequence[str]:
    kept = "".join(character if character.isalnum() else " " for character in text.lower().replace("'", ""))
    return kept.split()


def _blocks(near: Samples, far: Samples) -> list[slice]:
    if len(near) != len(far) or len(near) % BLOCK_SAMPLES:
        raise InputError(
            f"echo is cancelled in blocks of {BLOCK_SAMPLES} samples, equally long on both sides: got {len(near)} from"
            f" the microphone and {len(far)} from the loudspeaker"
        )
    return [slice(start, start + BLOCK_SAMPLES) for start in range(0, len(near), BLOCK_SAMPLES)]
