"""One piece of speech as a motion generator hears it: features and phones so far, counted from its first sample."""

import numpy as np
import numpy.typing as npt
import soxr

from avatar import acoustic
from avatar.features import FEATURE_RATE_HZ, SAMPLE_RATE_HZ, SOUND_SIZE, SoundFeatures
from avatar.latents import FRAME_RATE_HZ
from dialogue.errors import InputError
from dialogue.speech import SILENCE, Phone, Samples, SpeechChunk

Times = npt.NDArray[np.float64]

_NEAR_S = 0.5
_ROW_S = 1.0 / FRAME_RATE_HZ
_HISTORY_S = 1.2
"""Sound older than this no longer matters."""
_PHRASE_PAUSE_S = 0.12


class Piece:
    """What is known of one piece of speech."""

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        """When it begins in the reply."""
        self.seconds = 0.0
        """How much of it was spoken so far."""
        self.sound = np.zeros((0, SOUND_SIZE), np.float32)
        """Features heard so far [n, SOUND_SIZE]."""
        self.phones: list[Phone] = []
        """Phones reported so far."""
        self._features = SoundFeatures()
        self._rate_hz = 0
        self._resampler: soxr.ResampleStream | None = None

    @property
    def known_s(self) -> float:
        """How much of it is heard by the features."""
        return len(self.sound) / FEATURE_RATE_HZ

    def hear(self, chunk: SpeechChunk) -> None:
        """Take the next speech. Raises InputError when the sample rate changes."""
        if self._rate_hz not in (0, chunk.sample_rate_hz):
            raise InputError(f"a voice changed its rate from {self._rate_hz} to {chunk.sample_rate_hz} Hz in mid-word")
        if self._resampler is None and chunk.sample_rate_hz != SAMPLE_RATE_HZ:
            self._resampler = soxr.ResampleStream(chunk.sample_rate_hz, SAMPLE_RATE_HZ, 1, "float32", "MQ")
        self._rate_hz = chunk.sample_rate_hz
        self.seconds += chunk.seconds
        self.phones.extend(chunk.phones)
        samples = chunk.samples
        self._listen(self._resampler.resample_chunk(samples) if self._resampler else samples)

    def end(self) -> None:
        """Hear the last of it, as if a little silence followed."""
        if self._resampler is not None:
            self._listen(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        owed_s = self.seconds - self.known_s + 0.02
        self._listen(np.zeros(max(0, round(owed_s * SAMPLE_RATE_HZ)), np.float32))

    def accents(self, times_s: Times) -> Times:
        """Give the strength of the stress that peaks within each row [n], 0..1."""
        return acoustic.accents(*self._recent(times_s), _ROW_S)

    def phrase_ends(self, times_s: Times) -> npt.NDArray[np.bool_]:
        """Tell in which rows [n] the voice begins a pause."""
        if not self.phones:
            return acoustic.pauses(*self._recent(times_s), _ROW_S)
        onsets = [p.start_s for p in self.phones if p.symbol == SILENCE and p.end_s - p.start_s > _PHRASE_PAUSE_S]
        return np.array([any(t <= onset < t + _ROW_S and onset > 0 for onset in onsets) for t in times_s])

    def _recent(self, times_s: Times) -> tuple[npt.NDArray[np.float32], Times]:
        """Give the sound that matters to `times_s`, and these times counted from its beginning."""
        first = max(0, int((times_s[0] - _HISTORY_S) * FEATURE_RATE_HZ))
        return self.sound[first:], times_s - first / FEATURE_RATE_HZ

    def phones_near(self, times_s: Times) -> list[Phone]:
        """Give the phones that may shape the mouth at `times_s`, in order."""
        low, high = times_s[0] - _NEAR_S, times_s[-1] + _NEAR_S
        return [phone for phone in self.phones if phone.end_s > low and phone.start_s < high]

    def _listen(self, samples: Samples) -> None:
        self.sound = np.concatenate([self.sound, self._features.push(samples)])
