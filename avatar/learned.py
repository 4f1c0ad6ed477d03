"""Motion learned from people: the diffusion transformer behind the `MotionGenerator` seam, on ONNX Runtime.

A piece of speech is cut into windows. Each is sampled from noise, given the sound and phones around it and the frames
before it; the first `kept` frames of a window are shown and its last, which have heard little of what follows, are
made again by the next. Noise belongs to rows, not to windows or chunks, so that the same seed gives the same motion
however the speech arrived.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

from avatar import diffusion
from avatar.channels import ChannelMap
from avatar.controls import Controls
from avatar.features import FEATURE_RATE_HZ, phone_features
from avatar.hearing import Piece
from avatar.idle import Idle
from avatar.latents import FRAME_RATE_HZ, LATENT_SIZE, POSE_SIZE, LatentSpace, Motion
from avatar.visemes import LOOKAHEAD_S, MOUTH, constrictions, mouth_shapes
from dialogue.errors import EngineError, EngineUnavailable
from dialogue.speech import PHONES, SILENCE, Phone, SpeechChunk

Floats = npt.NDArray[np.float32]

MOTION_PATH = Path(__file__).resolve().parent.parent / "assets" / "models" / "motion.onnx"
ROWS_PER_FRAME = FEATURE_RATE_HZ // FRAME_RATE_HZ
STEPS = 4
HEAD_SHARE = 0.6
"""How much of the learned head motion is laid over the hand-made postures."""
_TUCK = 0.6
_TUCKED_GAP = 0.02
"""Eye distances left open between upper lip and tucked lower lip."""
_CLOSED_GAP = -0.008
"""Closed lips press on each other a little, so that no portrait's stay ajar."""
_REST_AFTER_S, _REST_UNTIL_S, _REST_EASE_S = 0.2, 0.3, 0.15
"""Lips rest from so long after a pause begins until so long before it ends: people open them ahead of speaking."""
GUIDANCE = 0.75
"""Weight of audio guidance; VASA-1 has 0.5, here 0.75 brings the spread of the lips nearest to that of people."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a motion network was built for; stored in its file."""

    previous: int
    """Frames before a window that it is given."""
    window: int
    """Frames it makes at once."""
    kept: int
    """How many of them are shown."""
    pose_units: tuple[float, ...]
    """What 1 means in its head pose, in the units of `avatar.latents.HeadPose`."""
    vigour: float
    """How widely it opens the mouth: ln of the deviation over the talkers' mean."""
    space: str
    """Fingerprint of the latent space it was trained in."""

    def rows(self) -> int:
        """Count the rows of speech features that a window needs: four a frame, and four beyond either end."""
        return ROWS_PER_FRAME * (self.previous + self.window) + 8


class MotionNetwork:
    """The trained denoiser; one thread, about a millisecond a call. Motion here is in the network's own units."""

    def __init__(self, path: Path = MOTION_PATH) -> None:
        """Load it. Raises EngineUnavailable when the file is missing and EngineError when it cannot be used."""
        if not path.exists():
            raise EngineUnavailable(f"the motion model {path} is missing: fetch the repository again")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            stored = json.loads(self._session.get_modelmeta().custom_metadata_map["shape"])
            self.shape = Shape(**{**stored, "pose_units": tuple(stored["pose_units"])})
        except (Fail, InvalidGraph, InvalidProtobuf, KeyError, TypeError, ValueError) as exc:
            raise EngineError(f"the motion model {path} cannot be read: fetch the repository again") from exc

    def sample(self, noise: Floats, speech: Floats, previous: Floats | None, steps: int, guidance: float) -> Floats:
        """Make a window [window, motion] from noise of that shape.

        `speech` [rows, FEATURE_SIZE], `previous` [previous, motion] or None at the start of everything.
        """
        earlier = np.zeros((self.shape.previous, noise.shape[1]), np.float32) if previous is None else previous
        known = np.full(2, previous is not None, np.float32)
        both, given = np.stack([speech, np.zeros_like(speech)]), np.stack([earlier, earlier])

        def denoise(noisy: Floats, level: float) -> Floats:
            with_sound, without = self.denoise(np.stack([noisy, noisy]), level, both, given, known)
            return diffusion.guided(with_sound, [(guidance, without)])

        return diffusion.sample(denoise, noise, steps)

    def denoise(self, noisy: Floats, level: float, speech: Floats, previous: Floats, known: Floats) -> Floats:
        """Predict clean motion [B, window, motion]; see `avatar.transformer.MotionTransformer.forward`."""
        frames = self.shape.previous + self.shape.window
        feed = {
            "noisy": noisy,
            "level": np.full(len(noisy), level, np.float32),
            "speech": speech,
            "conditions": np.full((len(noisy), frames, 1), self.shape.vigour, np.float32),
            "previous": previous,
            "known": known,
        }
        clean: Floats = self._session.run(None, feed)[0]
        return clean


def fingerprint(space: LatentSpace) -> str:
    """Name a latent space by its content."""
    return hashlib.sha256(np.ascontiguousarray(space.basis).tobytes()).hexdigest()[:16]


class LearnedMotion:
    """A `MotionGenerator` that moves lips, face and head as the talkers did that it was trained on."""

    frame_rate_hz = FRAME_RATE_HZ

    def __init__(
        self, space: LatentSpace, network: MotionNetwork, steps: int = STEPS, guidance: float = GUIDANCE
    ) -> None:
        """Join a network with the latent space it was trained in. Raises EngineError for another one."""
        if network.shape.space != fingerprint(space):
            raise EngineError("the motion model was trained in another latent space: fetch both files of one version")
        self._network, self._channels = network, ChannelMap(space)
        self._steps, self._guidance = steps, guidance
        self._units = np.array(network.shape.pose_units, np.float32)
        self._learned = LATENT_SIZE - 2
        self.lookahead_s = (network.shape.window + 1) / FRAME_RATE_HZ + 0.015
        self.begin(0, None, Controls())

    def begin(self, seed: int, previous: Motion | None, controls: Controls) -> None:
        """Start a reply; see `MotionGenerator`. Gaze, distance and emotion are left to the animator."""
        self._rng = np.random.default_rng(seed)
        self._idle = Idle(seed)
        self._noise = np.zeros((0, self._learned), np.float32)
        self._noise_row = 0
        self._next_row = 0
        self._piece = Piece(0.0)
        self._previous = None if previous is None else self._inward(previous)

    def steer(self, controls: Controls) -> None:
        """Leave it to the animator."""

    def push(self, chunk: SpeechChunk) -> Motion:
        """Take speech and give the rows that are now certain; see `MotionGenerator`."""
        self._piece.hear(chunk)
        shape = self._network.shape
        windows = []
        while self._speech_end(self._next_row) <= self._piece.known_rows:
            windows.append(self._window(shape.kept))
        return np.concatenate(windows) if windows else np.zeros((0, LATENT_SIZE), np.float32)

    def finish(self) -> Motion:
        """End the piece and give the rows still owed; see `MotionGenerator`."""
        self._piece.end()
        end_s = self._piece.start_s + self._piece.seconds
        last = int(np.ceil(end_s * FRAME_RATE_HZ - 1e-6))
        windows = [np.zeros((0, LATENT_SIZE), np.float32)]
        while self._next_row < last:
            windows.append(self._window(min(self._network.shape.kept, last - self._next_row)))
        self._piece = Piece(end_s)
        return np.concatenate(windows)

    def _window(self, kept: int) -> Motion:
        """Make the next window and give its first `kept` rows."""
        shape = self._network.shape
        times_s = (self._next_row + np.arange(kept)) / FRAME_RATE_HZ - self._piece.start_s
        self._piece.forget_before(times_s[0])
        lived = self._lived(times_s)
        made = self._network.sample(
            self._noise_at(self._next_row, shape.window), self._speech(), self._previous, self._steps, self._guidance
        )[:kept]
        earlier = np.repeat(made[:1], shape.previous, 0) if self._previous is None else self._previous
        self._previous = np.concatenate([earlier, made])[-shape.previous :]
        self._next_row += kept
        return self._articulated(lived + self._outward(made), times_s)

    def _lived(self, times_s: npt.NDArray[np.float64]) -> Motion:
        """Give postures, looks and blinks: what clips of a second or two are too short to teach."""
        cues = self._piece.cues(times_s)
        steps = [self._idle.step(t + self._piece.start_s, cue) for t, cue in zip(times_s, cues, strict=True)]
        return self._channels.motion(np.stack(steps))

    def _speech_start(self, row: int) -> int:
        """Find the first feature row, of the piece, that the window from `row` hears; may be before the piece."""
        first_s = row / FRAME_RATE_HZ - self._piece.start_s
        return round(first_s * FEATURE_RATE_HZ) - ROWS_PER_FRAME * self._network.shape.previous - 4

    def _speech_end(self, row: int) -> int:
        return self._speech_start(row) + self._network.shape.rows()

    def _speech(self) -> Floats:
        """Gather what the next window hears, silence before and after the piece: [rows, FEATURE_SIZE]."""
        first, count = self._speech_start(self._next_row), self._network.shape.rows()
        near = self._piece.phones_before((first + count) / FEATURE_RATE_HZ)
        phones = phone_features(near, first, count)
        # Where no phone is known some training clips speak on, so whether a pause is silent is left to the sound.
        phones[:, PHONES.index(SILENCE)] = 0.0
        return np.concatenate([self._piece.rows(first, count), phones], axis=1)

    def _noise_at(self, row: int, count: int) -> Floats:
        """Give the noise of rows `row`..`row + count`: each row's is drawn once, in order."""
        self._noise = self._noise[row - self._noise_row :]
        self._noise_row = row
        missing = count - len(self._noise)
        if missing > 0:
            fresh = self._rng.standard_normal((missing, self._learned)).astype(np.float32)
            self._noise = np.concatenate([self._noise, fresh])
        return self._noise[:count]

    def _inward(self, row: Motion) -> Floats:
        """Express a shown row as the network's previous frames, all alike."""
        pose = row[:POSE_SIZE] / self._units
        frame = np.concatenate([pose, row[POSE_SIZE : self._learned]]).astype(np.float32)
        return np.repeat(frame[None], self._network.shape.previous, 0)

    def _outward(self, made: Floats) -> Motion:
        """Express the network's frames as motion rows; it knows nothing of the tongue."""
        rows = np.zeros((len(made), LATENT_SIZE), np.float32)
        rows[:, :POSE_SIZE] = HEAD_SHARE * made[:, :POSE_SIZE] * self._units
        rows[:, POSE_SIZE : self._learned] = made[:, POSE_SIZE:]
        return rows

    def _articulated(self, rows: Motion, times_s: npt.NDArray[np.float64]) -> Motion:
        """Add the tongue; tuck, close and rest the lips where phone times say they must be."""
        phones = self._piece.phones_before(times_s[-1] + LOOKAHEAD_S)
        if not phones:
            return rows
        tongue = mouth_shapes(phones, times_s)[:, MOUTH.index("tongue_raise")]
        rows = rows + tongue[:, None].astype(np.float32) * self._channels.direction("tongue_raise")
        tucked, closed = (depth.astype(np.float32) for depth in constrictions(phones, times_s))
        rows = rows + _TUCK * tucked[:, None] * self._channels.direction("lip_tuck")
        resting = _resting(phones, times_s).astype(np.float32)
        for depth, gap in ((resting, 0.0), (tucked, _TUCKED_GAP), (closed, _CLOSED_GAP)):
            ajar = np.maximum(self._channels.lip_gap(rows) - gap, 0.0)
            rows = self._channels.close_lips(rows, depth * ajar)
        return rows


def _resting(phones: Sequence[Phone], times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Tell how far lips rest at each moment [n], 0..1: fully in the middle of a long pause."""
    resting = np.zeros(len(times_s))
    for pause in (phone for phone in phones if phone.symbol == SILENCE):
        inside = np.minimum(times_s - pause.start_s - _REST_AFTER_S, pause.end_s - _REST_UNTIL_S - times_s)
        resting = np.maximum(resting, np.clip(inside / _REST_EASE_S, 0.0, 1.0))
    return resting
