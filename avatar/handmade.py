"""The hand-made motion generator: lips from phones (or from sound alone), head, brows and eyes from what is said.

Needs no trained model, speaks with any voice, and is the baseline that learned motion is measured against.
"""

import numpy as np
import numpy.typing as npt
import soxr

from avatar import acoustic
from avatar.channels import CHANNELS, ChannelMap, channel
from avatar.controls import Controls
from avatar.features import FEATURE_RATE_HZ, SAMPLE_RATE_HZ, SOUND_SIZE, SoundFeatures
from avatar.idle import Activity, Cue, Idle
from avatar.latents import FRAME_RATE_HZ, LATENT_SIZE, LatentSpace, Motion
from avatar.visemes import LOOKAHEAD_S, MOUTH, REACH_BACK_S, Weights, constrictions, mouth_shapes
from dialogue.errors import InputError
from dialogue.speech import SILENCE, Phone, SpeechChunk

_ROW_S = 1.0 / FRAME_RATE_HZ
_HISTORY_S = 1.2
"""Sound older than this no longer matters."""
_BLOCK_ROWS, _BLOCK_SAMPLES = 2 * FRAME_RATE_HZ, 10 * SAMPLE_RATE_HZ
"""A long recording is worked off in blocks of this size, so that it needs no more memory than a short one."""
_OVERCLOSED = 0.008
"""Eye distances by which closed lips press on each other, so that no portrait's lips stay ajar."""
_PHRASE_PAUSE_S = 0.12
_MOUTH = [channel(name) for name in MOUTH]
_JAW = MOUTH.index("jaw_open")


class HandmadeMotion:
    """A `MotionGenerator`: coarticulated visemes over a head that nods, looks and blinks as speakers do."""

    frame_rate_hz = FRAME_RATE_HZ
    lookahead_s = LOOKAHEAD_S

    def __init__(self, space: LatentSpace) -> None:
        self._map = ChannelMap(space)
        self.begin(0, None, Controls())

    def begin(self, seed: int, previous: Motion | None, controls: Controls) -> None:
        """Start a reply; see `MotionGenerator`. `previous` and `controls` are left to the animator."""
        self._idle = Idle(seed)
        self._next_row = 0
        self._piece = _Piece(0.0)

    def steer(self, controls: Controls) -> None:
        """Leave it to the animator."""

    def push(self, chunk: SpeechChunk) -> Motion:
        """Take speech and give the rows that are now certain; see `MotionGenerator`."""
        self._piece.hear(chunk)
        return self._rows_until(self._piece.start_s + self._piece.known_s - LOOKAHEAD_S)

    def finish(self) -> Motion:
        """End the piece and give the rows still owed; see `MotionGenerator`."""
        self._piece.end()
        end_s = self._piece.start_s + self._piece.seconds
        rows = self._rows_until(end_s)
        self._piece = _Piece(end_s)
        return rows

    def _rows_until(self, end_s: float) -> Motion:
        """Give the rows whose time is before `end_s` of the reply and that were not given yet."""
        stop = max(self._next_row, int(np.ceil(end_s * FRAME_RATE_HZ - 1e-6)))
        firsts = range(self._next_row, stop, _BLOCK_ROWS)
        blocks = [self._block(np.arange(first, min(first + _BLOCK_ROWS, stop))) for first in firsts]
        self._next_row = stop
        return np.concatenate([np.zeros((0, LATENT_SIZE), np.float32), *blocks])

    def _block(self, rows: npt.NDArray[np.int64]) -> Motion:
        times_s = rows * _ROW_S - self._piece.start_s
        self._piece.forget_before(times_s[0])
        return self._articulated(times_s, self._lived(rows, times_s))

    def _lived(self, rows: npt.NDArray[np.int64], times_s: Weights) -> Weights:
        """Give the channels of everything but the mouth [n, channels]."""
        accents, ends = self._piece.accents(times_s), self._piece.phrase_ends(times_s)
        lived = np.empty((len(rows), len(CHANNELS)))
        for i, row in enumerate(rows):
            cue = Cue(Activity.SPEAKING, accent=float(accents[i]), phrase_end=bool(ends[i]))
            lived[i] = self._idle.step(float(row) * _ROW_S, cue)
        return lived

    def _articulated(self, times_s: Weights, channels: Weights) -> Motion:
        """Add the mouth and close the lips where they must be closed: motion rows [n, LATENT_SIZE]."""
        mouth, closed = self._piece.mouth(times_s)
        channels[:, _MOUTH] += mouth
        motion = self._map.motion(channels)
        ajar = np.maximum(self._map.lip_gap(motion) + _OVERCLOSED, 0.0)
        return self._map.close_lips(motion, closed.astype(np.float32) * ajar)


class _Piece:
    """What is known of one piece of speech; times count from its first sample."""

    def __init__(self, start_s: float) -> None:
        self.start_s = start_s
        """When it begins in the reply."""
        self.seconds = 0.0
        """How much of it was spoken so far."""
        self._phones: list[Phone] = []
        self._features = SoundFeatures()
        self._sound = np.zeros((0, SOUND_SIZE), np.float32)
        self._forgotten = 0
        """How many rows of sound before these were let go."""
        self._rate_hz = 0
        self._resampler: soxr.ResampleStream | None = None

    @property
    def known_s(self) -> float:
        """How much of it is heard by the features."""
        return (self._forgotten + len(self._sound)) / FEATURE_RATE_HZ

    def forget_before(self, time_s: float) -> None:
        """Let go of what no row from `time_s` on depends on."""
        past = max(0, int((time_s - _HISTORY_S) * FEATURE_RATE_HZ) - self._forgotten)
        self._sound, self._forgotten = self._sound[past:], self._forgotten + past
        self._phones = [phone for phone in self._phones if phone.end_s > time_s - _HISTORY_S]

    def hear(self, chunk: SpeechChunk) -> None:
        """Take the next speech."""
        if self._rate_hz not in (0, chunk.sample_rate_hz):
            raise InputError(f"a voice changed its rate from {self._rate_hz} to {chunk.sample_rate_hz} Hz in mid-word")
        if self._resampler is None and chunk.sample_rate_hz != SAMPLE_RATE_HZ:
            self._resampler = soxr.ResampleStream(chunk.sample_rate_hz, SAMPLE_RATE_HZ, 1, "float32", "MQ")
        self._rate_hz = chunk.sample_rate_hz
        self.seconds += chunk.seconds
        self._phones.extend(chunk.phones)
        samples = chunk.samples
        self._listen(self._resampler.resample_chunk(samples) if self._resampler else samples)

    def end(self) -> None:
        """Hear silence behind the piece, as far as any row looks ahead."""
        if self._resampler is not None:
            self._listen(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        owed_s = self.seconds - self.known_s + LOOKAHEAD_S + 0.1
        self._listen(np.zeros(max(0, round(owed_s * SAMPLE_RATE_HZ)), np.float32))

    def mouth(self, times_s: Weights) -> tuple[Weights, Weights]:
        """Give mouth weights [n, MOUTH] and how far the lips are closed [n]."""
        sound, sound_times_s = self._recent(times_s)
        phones = [
            p for p in self._phones if times_s[0] - REACH_BACK_S < p.end_s and p.start_s < times_s[-1] + LOOKAHEAD_S
        ]
        covered = np.zeros(len(times_s), np.bool_)
        for phone in phones:
            covered |= (phone.start_s - LOOKAHEAD_S < times_s) & (times_s < phone.end_s + REACH_BACK_S)
        shapes, closed = np.zeros((len(times_s), len(MOUTH))), np.zeros(len(times_s))
        if covered.any():
            shapes[covered] = mouth_shapes(phones, times_s[covered])
            closed[covered] = constrictions(phones, times_s[covered])[1]
            shapes[:, _JAW] *= 0.85 + 0.3 * acoustic.loudness(sound, sound_times_s)
        if not covered.all():
            shapes[~covered] = acoustic.mouth_shapes(sound, sound_times_s[~covered])
        return shapes, closed

    def accents(self, times_s: Weights) -> Weights:
        """Give the strength of the stress that peaks within each row [n]."""
        return acoustic.accents(*self._recent(times_s), _ROW_S)

    def phrase_ends(self, times_s: Weights) -> npt.NDArray[np.bool_]:
        """Tell in which rows [n] the voice begins a pause."""
        if not self._phones:
            return acoustic.pauses(*self._recent(times_s), _ROW_S)
        onsets = [p.start_s for p in self._phones if p.symbol == SILENCE and p.end_s - p.start_s > _PHRASE_PAUSE_S]
        return np.array([any(t <= onset < t + _ROW_S and onset > 0 for onset in onsets) for t in times_s])

    def _recent(self, times_s: Weights) -> tuple[acoustic.Rows, Weights]:
        """Give the sound that matters to `times_s`, and these times counted from its beginning."""
        local_s = times_s - self._forgotten / FEATURE_RATE_HZ
        return self._sound[: int((local_s[-1] + LOOKAHEAD_S) * FEATURE_RATE_HZ) + 1], local_s

    def _listen(self, samples: acoustic.Rows) -> None:
        heard = [self._features.push(samples[i : i + _BLOCK_SAMPLES]) for i in range(0, len(samples), _BLOCK_SAMPLES)]
        self._sound = np.concatenate([self._sound, *heard])
