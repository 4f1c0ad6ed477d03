"""One piece of speech as a motion generator hears it: sound features and phones, counted from its first sample."""

from bisect import bisect_left

import numpy as np
import numpy.typing as npt
import soxr

from avatar import acoustic
from avatar.features import FEATURE_RATE_HZ, SAMPLE_RATE_HZ, SOUND_FLOOR, SOUND_SIZE, SoundFeatures
from avatar.idle import Activity, Cue
from avatar.latents import FRAME_RATE_HZ
from avatar.visemes import LOOKAHEAD_S
from dialogue.errors import InputError
from dialogue.speech import SILENCE, Phone, Samples, SpeechChunk

Times = npt.NDArray[np.float64]
"""Seconds from the piece's first sample, ascending, shape [n]."""
Rows = npt.NDArray[np.float32]

_ROW_S = 1.0 / FRAME_RATE_HZ
_HISTORY_S = 1.2
"""Sound older than this no longer matters."""
_BLOCK_SAMPLES = 10 * SAMPLE_RATE_HZ
"""A long recording is heard in blocks of this size, so that it needs no more memory than a short one."""
_PHRASE_PAUSE_S = 0.12


class Piece:
    """What is known of one piece of speech; what no row depends on any more may be let go."""

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        """When it begins in the reply."""
        self.seconds = 0.0
        """How much of it was spoken so far."""
        self.phones: list[Phone] = []
        """Phones reported so far and not let go."""
        self._sound = np.zeros((0, SOUND_SIZE), np.float32)
        self._forgotten = 0
        """How many rows of sound before these were let go."""
        self._features = SoundFeatures()
        self._rate_hz = 0
        self._resampler: soxr.ResampleStream | None = None

    @property
    def known_rows(self) -> int:
        """How many rows of features are heard."""
        return self._forgotten + len(self._sound)

    @property
    def known_s(self) -> float:
        """How much of it is heard by the features."""
        return self.known_rows / FEATURE_RATE_HZ

    def hear(self, chunk: SpeechChunk) -> None:
        """Take the next speech. Raises InputError when the sample rate changes."""
        if self._rate_hz not in (0, chunk.sample_rate_hz):
            raise InputError(f"a voice changed its rate from {self._rate_hz} to {chunk.sample_rate_hz} Hz in mid-word")
        if self._resampler is None and chunk.sample_rate_hz != SAMPLE_RATE_HZ:
            self._resampler = soxr.ResampleStream(chunk.sample_rate_hz, SAMPLE_RATE_HZ, 1, "float32", "MQ")
        self._rate_hz = chunk.sample_rate_hz
        self.seconds += chunk.seconds
        self.phones.extend(chunk.phones)
        self._listen(self._resampler.resample_chunk(chunk.samples) if self._resampler else chunk.samples)

    def end(self) -> None:
        """Hear silence behind the piece, as far as any row looks ahead."""
        if self._resampler is not None:
            self._listen(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        owed_s = self.seconds - self.known_s + LOOKAHEAD_S + 0.1
        self._listen(np.zeros(max(0, round(owed_s * SAMPLE_RATE_HZ)), np.float32))

    def forget_before(self, time_s: float) -> None:
        """Let go of what no row from `time_s` on depends on."""
        past = min(max(0, int((time_s - _HISTORY_S) * FEATURE_RATE_HZ) - self._forgotten), len(self._sound))
        self._sound, self._forgotten = self._sound[past:], self._forgotten + past
        del self.phones[: bisect_left(self.phones, time_s - _HISTORY_S, key=lambda phone: phone.end_s)]

    def phones_before(self, time_s: float) -> list[Phone]:
        """Give the phones that begin before a time, without those let go."""
        return self.phones[: bisect_left(self.phones, time_s, key=lambda phone: phone.start_s)]

    def rows(self, first: int, count: int) -> Rows:
        """Give feature rows `first`..`first + count` [count, SOUND_SIZE], silence where there is no piece."""
        start = first - self._forgotten
        heard = self._sound[max(start, 0) : max(start + count, 0)]
        rows = np.full((count, SOUND_SIZE), SOUND_FLOOR, np.float32)
        before = min(max(-start, 0), count)
        rows[before : before + len(heard)] = heard
        return rows

    def recent(self, times_s: Times) -> tuple[Rows, Times]:
        """Give the sound that matters to `times_s`, and these times counted from its beginning."""
        local_s = times_s - self._forgotten / FEATURE_RATE_HZ
        return self._sound[: int((local_s[-1] + LOOKAHEAD_S) * FEATURE_RATE_HZ) + 1], local_s

    def cues(self, times_s: Times) -> list[Cue]:
        """Tell what the speech suggests to head, brows and eyes at each row."""
        sound, local_s = self.recent(times_s)
        accents, ends = acoustic.accents(sound, local_s, _ROW_S), self._phrase_ends(times_s)
        return [Cue(Activity.SPEAKING, accent=float(a), phrase_end=bool(e)) for a, e in zip(accents, ends, strict=True)]

    def _phrase_ends(self, times_s: Times) -> npt.NDArray[np.bool_]:
        """Tell in which rows [n] the voice begins a pause."""
        if not self.phones:
            return acoustic.pauses(*self.recent(times_s), _ROW_S)
        near = self.phones_before(times_s[-1] + _ROW_S)
        onsets = [p.start_s for p in near if p.symbol == SILENCE and p.end_s - p.start_s > _PHRASE_PAUSE_S]
        return np.array([any(t <= onset < t + _ROW_S and onset > 0 for onset in onsets) for t in times_s])

    def _listen(self, samples: Samples) -> None:
        heard = [self._features.push(samples[i : i + _BLOCK_SAMPLES]) for i in range(0, len(samples), _BLOCK_SAMPLES)]
        self._sound = np.concatenate([self._sound, *heard])
