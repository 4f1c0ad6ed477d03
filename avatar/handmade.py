"""The hand-made motion generator: lips from phones (or from sound alone), head, brows and eyes from what is said.

Needs no trained model, speaks with any voice, and is the baseline that learned motion is measured against.
"""

import numpy as np
import numpy.typing as npt

from avatar import acoustic
from avatar.channels import ChannelMap, channel
from avatar.controls import Controls
from avatar.hearing import Piece
from avatar.idle import Idle
from avatar.latents import FRAME_RATE_HZ, LATENT_SIZE, LatentSpace, Motion
from avatar.visemes import LOOKAHEAD_S, MOUTH, REACH_BACK_S, Weights, constrictions, mouth_shapes
from dialogue.speech import SpeechChunk

_ROW_S = 1.0 / FRAME_RATE_HZ
_BLOCK_ROWS = 2 * FRAME_RATE_HZ
"""A long recording is worked off in blocks of this size, so that it needs no more memory than a short one."""
_OVERCLOSED = 0.008
"""Eye distances by which closed lips press on each other, so that no portrait's lips stay ajar."""
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
        self._piece = Piece(0.0)

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
        self._piece = Piece(end_s)
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
        cues = self._piece.cues(times_s)
        return np.stack([self._idle.step(float(row) * _ROW_S, cue) for row, cue in zip(rows, cues, strict=True)])

    def _articulated(self, times_s: Weights, channels: Weights) -> Motion:
        """Add the mouth and close the lips where they must be closed: motion rows [n, LATENT_SIZE]."""
        mouth, closed = _mouth(self._piece, times_s)
        channels[:, _MOUTH] += mouth
        motion = self._map.motion(channels)
        ajar = np.maximum(self._map.lip_gap(motion) + _OVERCLOSED, 0.0)
        return self._map.close_lips(motion, closed.astype(np.float32) * ajar)


def _mouth(piece: Piece, times_s: Weights) -> tuple[Weights, Weights]:
    """Give mouth weights [n, MOUTH] and how far the lips are closed [n]."""
    sound, sound_times_s = piece.recent(times_s)
    phones = [p for p in piece.phones_before(times_s[-1] + LOOKAHEAD_S) if times_s[0] - REACH_BACK_S < p.end_s]
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
