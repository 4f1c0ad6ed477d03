"""How like people a motion generator moves: lips against the truth, closures, and statistics of head and face."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from avatar.controls import Controls
from avatar.features import SAMPLE_RATE_HZ, SOUND_SIZE
from avatar.latents import FRAME_RATE_HZ, LOWER_LIP, POSE_SIZE, UPPER_LIP, LatentSpace, Motion, gap
from avatar.motion import MotionGenerator
from avatar.training.basis import encode
from avatar.training.dataset import FEATURES_PER_FRAME, Clip
from avatar.training.faces import opening, width
from dialogue.speech import Phone, SpeechChunk

Floats = npt.NDArray[np.float32]

_LAGS_FRAMES = np.arange(-5, 5.01, 0.25)
_FRAME_S = 1 / FRAME_RATE_HZ


@dataclass(frozen=True, slots=True)
class Lips:
    """Lip opening and width of one clip [n], in eye distances."""

    opening: Floats
    width: Floats


@dataclass(frozen=True, slots=True)
class Sync:
    """Agreement of lips with the truth over some clips, each clip's mean taken away."""

    opening_r: float
    width_r: float
    lag_ms: float
    """Positive: the prediction comes late."""
    opening_deviation: float
    """Predicted over true deviation of the opening."""
    width_deviation: float


Predictor = Callable[[Clip], Lips]


def speak(generator: MotionGenerator, clip: Clip, seed: int) -> Motion:
    """Let a generator speak a clip: motion rows, as many as the clip has frames."""
    generator.begin(seed, None, Controls())
    rows = [generator.push(SpeechChunk(clip.samples, SAMPLE_RATE_HZ, clip.phones)), generator.finish()]
    motion = np.concatenate(rows)
    held: Motion = np.pad(motion, ((0, max(0, len(clip.pose) - len(motion))), (0, 0)), mode="edge")[: len(clip.pose)]
    return held


def lips_of(motion: Motion, clip: Clip, space: LatentSpace) -> Lips:
    """Measure the lips of motion on a clip's own neutral face."""
    shape = clip.neutral + space.displacement(motion[:, POSE_SIZE:])
    return Lips(opening(shape), width(shape))


def true_lips(clip: Clip) -> Lips:
    """Measure the lips that were filmed."""
    return Lips(opening(clip.shape), width(clip.shape))


def from_generator(generator: MotionGenerator, space: LatentSpace, seeds: Sequence[int]) -> Predictor:
    """Predict lips as the mean of a generator's motion over seeds."""

    def predict(clip: Clip) -> Lips:
        rows = np.mean([speak(generator, clip, seed) for seed in seeds], axis=0)
        return lips_of(rows, clip, space)

    return predict


def from_loudness(clip: Clip) -> Lips:
    """Predict that a mouth is as open, and as narrow, as the voice is loud."""
    rows = clip.features[:, SOUND_SIZE - 1][: FEATURES_PER_FRAME * len(clip.pose)]
    loud = rows.reshape(-1, FEATURES_PER_FRAME).mean(1)
    smooth = np.convolve(np.pad(loud, 1, mode="edge"), np.full(3, 1 / 3), "valid").astype(np.float32)
    return Lips(smooth, -smooth)


def sync(clips: Sequence[Clip], predicted: Sequence[Lips]) -> Sync:
    """Compare predictions with the truth."""
    true = [true_lips(clip) for clip in clips]
    opening_r, width_r = (
        _pooled_r([getattr(p, name) for p in predicted], [getattr(t, name) for t in true], 0.0)
        for name in ("opening", "width")
    )
    r = [_pooled_r([p.opening for p in predicted], [t.opening for t in true], lag) for lag in _LAGS_FRAMES]
    return Sync(
        opening_r,
        width_r,
        float(_LAGS_FRAMES[int(np.argmax(r))] * _FRAME_S * 1000),
        _pooled_deviation([p.opening for p in predicted]) / _pooled_deviation([t.opening for t in true]),
        _pooled_deviation([p.width for p in predicted]) / _pooled_deviation([t.width for t in true]),
    )


def shuffled(predicted: Sequence[Lips]) -> list[Lips]:
    """Give every clip the next one's prediction, cut or held to its length: what chance and shared rhythm score."""
    return [
        Lips(_fitted(other.opening, len(own.opening)), _fitted(other.width, len(own.width)))
        for own, other in zip(predicted, [*predicted[1:], predicted[0]], strict=True)
    ]


def _fitted(values: Floats, count: int) -> Floats:
    return np.pad(values, (0, max(0, count - len(values))), mode="edge")[:count]


def _pooled_r(predicted: Sequence[Floats], true: Sequence[Floats], lag_frames: float) -> float:
    pairs = [_lagged(p, t, lag_frames) for p, t in zip(predicted, true, strict=True)]
    x, y = (np.concatenate([values - values.mean() for values in side]) for side in zip(*pairs, strict=True))
    return float(np.corrcoef(x, y)[0, 1])


def _lagged(predicted: Floats, true: Floats, lag_frames: float) -> tuple[Floats, Floats]:
    """Take the prediction `lag_frames` later than the truth."""
    frames = np.arange(len(true)) + lag_frames
    inside = (frames >= 0) & (frames <= len(true) - 1)
    later = np.interp(frames[inside], np.arange(len(predicted)), predicted)
    return later.astype(np.float32), true[inside]


def _pooled_deviation(values: Sequence[Floats]) -> float:
    return float(np.concatenate([v - v.mean() for v in values]).std())


@dataclass(frozen=True, slots=True)
class Articulation:
    """What lips do over synthetic speech whose phones are known; gaps in eye distances beyond closed."""

    closures: int
    closed_share: float
    """Of the p, b, m: those with a gap of at most half a percent of the eye distance within 40 ms."""
    tucked_share: float
    """Of the f, v: those with a gap of at most 4 % of the eye distance and less than half the opening around."""
    pause_motion_percent: float
    """Mean speed of the lips in pauses over 0.3 s, % of the eye distance a frame (120 ms after the onset on)."""


def articulation(spoken: Sequence[tuple[Motion, Sequence[Phone]]], space: LatentSpace) -> Articulation:
    """Measure lips against phone times."""
    closed, tucked, still = [], [], []
    for motion, phones in spoken:
        gaps = lip_gaps(motion, space)
        for phone in phones:
            if phone.symbol in ("p", "b", "m"):
                closed.append(_least(gaps, phone.start_s - 0.04, phone.end_s + 0.04) <= 0.005)
            if phone.symbol in ("f", "v"):
                around = gaps[_frames(gaps, phone.start_s - 0.25, phone.end_s + 0.25)].max(initial=0.0)
                tucked.append(_least(gaps, phone.start_s - 0.04, phone.end_s + 0.04) <= max(0.04, around / 2))
            if phone.symbol == "pau" and phone.end_s - phone.start_s > 0.3:
                pause = gaps[_frames(gaps, phone.start_s + 0.12, phone.end_s - 0.1)]
                still.append(100 * np.abs(np.diff(pause)).mean() if len(pause) > 1 else 0.0)
    return Articulation(len(closed), float(np.mean(closed)), float(np.mean(tucked)), float(np.mean(still or [0.0])))


def lip_gaps(motion: Motion, space: LatentSpace) -> Floats:
    """Measure the gap of the middle of the lips [n], in eye distances beyond the neutral face's."""
    gaps: Floats = gap(space.displacement(motion[:, POSE_SIZE:]), UPPER_LIP[3:6], LOWER_LIP[3:6]).mean(axis=-1)
    return gaps


def _least(gaps: Floats, start_s: float, end_s: float) -> float:
    return float(gaps[_frames(gaps, start_s, end_s)].min(initial=1.0))


def _frames(gaps: Floats, start_s: float, end_s: float) -> slice:
    first = max(0, int(np.ceil(start_s * FRAME_RATE_HZ - 1e-6)))
    return slice(first, min(len(gaps), int(end_s * FRAME_RATE_HZ + 1e-6) + 1))


@dataclass(frozen=True, slots=True)
class Liveliness:
    """Statistics of head and face over clips."""

    angle_change_degrees: float
    """Mean absolute change of yaw, pitch and roll between frames."""
    yaw_degrees: float
    pitch_degrees: float
    roll_degrees: float
    blinks_per_minute: float
    gaze_degrees: float
    brow: float
    opening_percent: float
    """Deviation of the lip gap in % of the eye distance."""


def liveliness(clips: Sequence[Motion], space: LatentSpace) -> Liveliness:
    """Measure motion of some clips; deviations are within clips."""
    degrees = [np.degrees(motion[:, :3]) for motion in clips]
    deviation = np.sqrt(np.mean([angles.var(axis=0) for angles in degrees], axis=0))
    codes = np.concatenate([motion[:, POSE_SIZE:] - motion[:, POSE_SIZE:].mean(0) for motion in clips])
    seconds = sum(len(motion) for motion in clips) / FRAME_RATE_HZ
    return Liveliness(
        float(np.mean([np.abs(np.diff(angles, axis=0)).mean() for angles in degrees])),
        float(deviation[0]),
        float(deviation[1]),
        float(deviation[2]),
        60 * sum(blinks(motion, space) for motion in clips) / seconds,
        float(np.degrees(amount(codes, space, "gaze_x").std())),
        float(amount(codes, space, "brow_up").std()),
        float(100 * np.sqrt(np.mean([lip_gaps(motion, space).var() for motion in clips]))),
    )


def amount(codes: Floats, space: LatentSpace, control: str) -> Floats:
    """Read how far codes [n, DYNAMICS_SIZE] go along a control, by where its field moves landmarks: [n]."""
    field = space.fields[control]
    moved: Floats = np.tensordot(space.displacement(codes), field, 2) / (field**2).sum()
    return moved


def blinks(motion: Motion, space: LatentSpace) -> int:
    """Count how often both lids close by more than 45 %."""
    shut = sum(amount(motion[:, POSE_SIZE:], space, f"lid_close_{side}") for side in ("left", "right")) / 2
    down = np.asarray(shut) - np.median(shut) > 0.45
    return int((down[1:] & ~down[:-1]).sum())


def motion_of(clip: Clip, space: LatentSpace) -> Motion:
    """Express what was filmed as motion rows."""
    pose = clip.pose - np.median(clip.pose, axis=0)
    motion: Motion = np.concatenate([pose, encode(space, clip.offset)], axis=1).astype(np.float32)
    return motion


def frechet(real: Sequence[Motion], other: Sequence[Motion], space: LatentSpace) -> float:
    """Give the Frechet distance of 25-frame windows of pose and controls, in deviations of the real ones."""
    mine, theirs = (np.concatenate([_windows(motion, space) for motion in side]) for side in (real, other))
    centre, scale = mine.mean(0), mine.std(0) + 1e-6
    mine, theirs = (mine - centre) / scale, (theirs - centre) / scale
    axes = np.linalg.svd(mine, full_matrices=False)[2][:16]
    return _gaussian_distance(mine @ axes.T, theirs @ axes.T)


def _windows(motion: Motion, space: LatentSpace) -> Floats:
    codes = motion[:, POSE_SIZE:]
    names = ("jaw_open", "smile", "lip_pucker", "lip_stretch", "brow_up", "lid_close_left", "gaze_x")
    curves = np.concatenate([motion[:, :3], np.stack([amount(codes, space, name) for name in names], 1)], 1)
    curves = curves - curves.mean(0)
    if len(curves) < 25:
        return np.zeros((0, 25 * curves.shape[1]), np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(curves, 25, axis=0)[::5]
    return cut.reshape(len(cut), -1)


def _gaussian_distance(x: Floats, y: Floats) -> float:
    from scipy.linalg import sqrtm

    cx, cy = np.cov(x.T), np.cov(y.T)
    cross = np.real(sqrtm(cx @ cy))
    return float(((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(cx + cy - 2 * cross))


def prosody(clips: Sequence[Clip], motions: Sequence[Motion]) -> tuple[float, float]:
    """Correlate the head's speed with loudness, over clips and over clips with another's sound (chance)."""
    loud = [from_loudness(clip).opening for clip in clips]
    speed = [np.abs(np.gradient(motion[:, :3], axis=0)).sum(1) for motion in motions]
    smooth = [np.convolve(values, np.full(5, 0.2), "same") for values in speed]
    own = np.mean([np.corrcoef(s, x)[0, 1] for s, x in zip(smooth, loud, strict=True)])
    others = [*loud[1:], loud[0]]
    chance = np.mean([np.corrcoef(s, _fitted(x, len(s)))[0, 1] for s, x in zip(smooth, others, strict=True)])
    return float(own), float(chance)


def by_corpus(clips: Sequence[Clip]) -> Mapping[str, list[Clip]]:
    """Group clips by corpus, in order."""
    groups: dict[str, list[Clip]] = {}
    for clip in clips:
        groups.setdefault(clip.corpus.name, []).append(clip)
    return groups
