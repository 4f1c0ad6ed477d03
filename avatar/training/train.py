"""Trains the diffusion transformer on tracked talkers (VASA-1 section 3.2), within a given time on one CPU core."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from avatar import diffusion
from avatar.features import FEATURE_SIZE, SOUND_FLOOR, SOUND_SIZE, phone_features
from avatar.latents import LatentSpace
from avatar.training.basis import LEARNED, encode, mirror_of, point_weights
from avatar.training.dataset import FEATURES_PER_FRAME, Clip
from avatar.training.faces import opening
from avatar.transformer import MotionTransformer, Size
from dialogue.speech import PHONES, SILENCE

Floats = npt.NDArray[np.float32]

POSE_UNITS = np.array([0.05, 0.05, 0.04, 0.05, 0.05, 0.02], np.float32)
"""What 1 is in the network's pose: radians, face widths, ln; about one deviation of a talker."""
MOTION_SIZE = len(POSE_UNITS) + LEARNED
SIZE = Size(
    motion=MOTION_SIZE,
    features=FEATURE_SIZE,
    conditions=1,
    previous=10,
    window=12,
    width=160,
    layers=4,
    heads=4,
)
_GAP_ROWS = 60
"""Silence laid between clips, in feature rows, so that no window hears two of them."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how gently to train."""

    minutes: float
    batch: int = 48
    rate: float = 1.5e-3
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Sequences:
    """All clips end to end with silence between them: `motion` [n, MOTION_SIZE] in the network's units, `speech`
    [4 n, FEATURE_SIZE], `vigour` [n]. `starts` are first frames of windows, drawn with probability `chances`;
    `known` says which frames belong to a clip, `face` and `head` what of them is to be learned."""

    motion: Floats
    speech: Floats
    vigour: Floats
    starts: npt.NDArray[np.int64]
    chances: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    face: Floats
    head: Floats


def network_motion(clip: Clip, space: LatentSpace) -> Floats:
    """Express a clip in the network's units [n, MOTION_SIZE]; angles count from the clip's median."""
    pose = clip.pose - np.median(clip.pose, axis=0)
    codes = encode(space, clip.offset)[:, :LEARNED]
    motion: Floats = np.concatenate([pose / POSE_UNITS, codes], axis=1).astype(np.float32)
    return motion


def speech_rows(clip: Clip) -> Floats:
    """Join a clip's sound and phones [4 n, FEATURE_SIZE]."""
    phones = phone_features(clip.phones, 0, len(clip.features))
    return np.concatenate([clip.features, phones], axis=1)


def vigours(clips: Sequence[Clip]) -> dict[str, float]:
    """Tell how widely each person opens the mouth: ln of the deviation of lip opening over everybody's."""
    spread = {clip.name: float(opening(clip.shape).std()) for clip in clips}
    people: dict[str, list[float]] = {}
    for clip in clips:
        people.setdefault(clip.person, []).append(spread[clip.name])
    typical = float(np.mean(list(spread.values())))
    return {person: float(np.log((np.mean(own) + 1e-3) / typical)) for person, own in people.items()}


def silence_rows(count: int) -> Floats:
    """Give speech rows of digital silence [count, FEATURE_SIZE]."""
    rows = np.zeros((count, FEATURE_SIZE), np.float32)
    rows[:, :SOUND_SIZE] = SOUND_FLOOR
    rows[:, SOUND_SIZE + PHONES.index(SILENCE)] = 1
    return rows


def lay_out(clips: Sequence[Clip], space: LatentSpace, size: Size) -> Sequences:
    """Lay clips end to end."""
    gap = _GAP_ROWS // FEATURES_PER_FRAME
    vigour = vigours(clips)
    motion, speech, level, starts, chances, known, face, head = [], [], [], [], [], [], [], []
    at = 0
    for clip in clips:
        n = len(clip.pose)
        if n < size.window or len(clip.samples) == 0:
            continue
        motion += [np.zeros((gap, MOTION_SIZE), np.float32), network_motion(clip, space)]
        speech += [silence_rows(gap * FEATURES_PER_FRAME), speech_rows(clip)]
        level += [np.full(gap + n, vigour[clip.person], np.float32)]
        known += [np.zeros(gap, np.bool_), np.ones(n, np.bool_)]
        face += [np.full(gap + n, clip.corpus.teaches_face, np.float32)]
        head += [np.full(gap + n, clip.corpus.teaches_pose, np.float32)]
        own = np.arange(at + gap, at + gap + n - size.window + 1)
        starts.append(own)
        chances.append(np.full(len(own), clip.corpus.share / sum(c.corpus == clip.corpus for c in clips) / len(own)))
        at += gap + n
    motion.append(np.zeros((gap, MOTION_SIZE), np.float32))
    speech.append(silence_rows(gap * FEATURES_PER_FRAME))
    known.append(np.zeros(gap, np.bool_))
    chance = np.concatenate(chances)
    return Sequences(
        np.concatenate(motion),
        np.concatenate(speech),
        np.concatenate(level),
        np.concatenate(starts),
        chance / chance.sum(),
        np.concatenate(known),
        np.concatenate(face),
        np.concatenate(head),
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows as tensors, named as the arguments of `MotionTransformer.forward`; `clean` [B, W, motion] is wanted,
    `counts` [B, motion] says which of it to learn."""

    clean: Tensor
    speech: Tensor
    conditions: Tensor
    previous: Tensor
    known: Tensor
    counts: Tensor


def draw(sequences: Sequences, size: Size, mirror: Floats, batch: int, rng: np.random.Generator) -> Batch:
    """Draw random windows and vary them: mirrored, equalised, noisy, with conditions missing."""
    at = rng.choice(sequences.starts, batch, p=sequences.chances)
    frames = at[:, None] - size.previous + np.arange(size.frames)  # [B, K + W]
    rows = 4 * (at[:, None] - size.previous) - 4 + np.arange(size.feature_rows)  # [B, rows]
    motion = sequences.motion[frames]
    turned = rng.random(batch) < 0.5
    motion[turned] = motion[turned] @ mirror
    previous = motion[:, : size.previous]
    previous = previous + rng.normal(size=previous.shape) * 0.25 * rng.random((batch, 1, 1))
    known = sequences.known[frames[:, : size.previous]].all(1) & (rng.random(batch) > 0.5)
    vigour = sequences.vigour[at][:, None, None] * (rng.random((batch, 1, 1)) > 0.1)
    counts = np.concatenate(
        [np.repeat(sequences.head[at][:, None], 6, 1), np.repeat(sequences.face[at][:, None], LEARNED, 1)], 1
    )
    return Batch(
        clean=_tensor(motion[:, size.previous :]),
        speech=_tensor(_varied(sequences.speech[rows], rng)),
        conditions=_tensor(np.broadcast_to(vigour, (batch, size.frames, 1))),
        previous=_tensor(previous),
        known=_tensor(known),
        counts=_tensor(counts),
    )


def _tensor(array: npt.NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


def _varied(speech: Floats, rng: np.random.Generator) -> Floats:
    """Vary speech rows [B, rows, FEATURE_SIZE] as rooms, microphones, voices and missing inputs would."""
    batch, rows = speech.shape[:2]
    sound, phones = speech[..., :SOUND_SIZE], speech[..., SOUND_SIZE:]
    band = np.linspace(0, 1, SOUND_SIZE)
    tone = sum(rng.normal(0, 0.35, (batch, 1)) * np.cos(np.pi * order * band) for order in range(4))
    room = rng.uniform(-6, 0.2, (batch, 1)) + 0.4 * rng.normal(size=(batch, SOUND_SIZE))
    hiss = np.maximum(room, SOUND_FLOOR)[:, None] + 0.25 * rng.normal(size=(batch, rows, SOUND_SIZE))
    silent = (phones[..., PHONES.index(SILENCE)] > 0.5)[..., None]
    # A pause may be anything from digital silence to the room: neither may move the lips.
    quieter = rng.uniform(0, 3, (batch, 1, 1)) * (rng.random((batch, 1, 1)) < 0.5)
    sound = np.maximum(sound + np.asarray(tone)[:, None] - silent * quieter, np.maximum(hiss, SOUND_FLOOR))
    missing = rng.random((batch, 1, 1))
    sound = sound * ((missing > 0.35) | (missing < 0.1))
    phones = phones * (missing > 0.1) * ((missing < 0.35) | (missing > 0.5))
    nothing = rng.random((batch, 1, 1)) < 0.1
    varied: Floats = (np.concatenate([sound, phones], -1) * ~nothing).astype(np.float32)
    return varied


def mirror_matrix(space: LatentSpace) -> Floats:
    """Give the matrix [motion, motion] that turns rows of motion into those of the mirrored head (row @ matrix)."""
    flipped = space.basis[:LEARNED, mirror_of(space.neutral)] * np.array([-1, 1, 1], np.float32)
    matrix = np.zeros((MOTION_SIZE, MOTION_SIZE), np.float32)
    matrix[:6, :6] = np.diag([-1, 1, -1, -1, 1, 1])
    matrix[6:, 6:] = encode(space, flipped)[:, :LEARNED]
    return matrix


@dataclass(frozen=True, slots=True)
class Loss:
    """What counts: every component by how much it moves what people look at, and lip opening and width by name."""

    weights: Tensor
    """[motion]"""
    lips: Tensor
    """[motion, 2]: opening and width in deviations, linear in motion."""
    closed_below: float = -1.0
    """Opening, in deviations from the neutral face, at which lips count as nearly closed."""

    @classmethod
    def of(cls, space: LatentSpace) -> "Loss":
        """Read the weights off a latent space."""
        moved = np.linalg.norm(space.basis[:LEARNED] * point_weights()[:, None], axis=(1, 2))
        weights = np.concatenate([np.full(6, 0.5), np.sqrt(moved / moved.mean())])
        fields = space.basis[:LEARNED]
        opens = (fields[:, 14, 1] - fields[:, 13, 1]) / 0.045
        widens = (fields[:, 291, 0] - fields[:, 61, 0]) / 0.03
        lips = np.concatenate([np.zeros((6, 2)), np.stack([opens, widens], 1)])
        return cls(_tensor(weights), _tensor(lips))

    def __call__(self, clean: Tensor, batch: Batch) -> Tensor:
        """Compare predicted with wanted motion."""
        error = (clean - batch.clean) * batch.counts[:, None]
        whole = (error**2 * self.weights).mean()
        speed = (error.diff(dim=1) ** 2 * self.weights).mean()
        lips = error @ self.lips  # [B, W, 2]
        gap = batch.clean @ self.lips[:, :1]
        nearly_closed = 1 + 1.5 * (gap < 0.3)
        mouth = (lips**2 * nearly_closed).mean() + 2 * (lips.diff(dim=1) ** 2).mean()
        return whole + speed + 0.5 * mouth


def train(
    network: MotionTransformer,
    clips: Sequence[Clip],
    space: LatentSpace,
    schedule: Schedule,
    report: Callable[[float, int, float], None],
) -> MotionTransformer:
    """Train until the minutes are over; `report` is told the share of time gone, the step and the mean loss."""
    rng = np.random.default_rng(schedule.seed)
    sequences, mirror, loss = lay_out(clips, space, network.size), mirror_matrix(space), Loss.of(space)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=0.02)
    began, step, total = time.monotonic(), 0, 0.0
    while (gone := (time.monotonic() - began) / (60 * schedule.minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * min(1.0, (step + 1) / 200) * (0.5 + 0.5 * np.cos(np.pi * gone))
        batch = draw(sequences, network.size, mirror, schedule.batch, rng)
        value = _step(network, optimiser, loss, batch)
        _average(average, network, min(0.999, step / (step + 10)))
        total, step = total + value, step + 1
        if step % 200 == 0:
            report(gone, step, total / 200)
            total = 0.0
    network.load_state_dict(average)
    network.eval()
    return network


def _step(network: MotionTransformer, optimiser: torch.optim.Optimizer, loss: Loss, batch: Batch) -> float:
    level = torch.rand(len(batch.clean))
    shares = np.asarray(level)[:, None, None]
    noisy = torch.from_numpy(diffusion.signal(shares)) * batch.clean
    noisy = noisy + torch.from_numpy(diffusion.noise(shares)) * torch.randn_like(batch.clean)
    clean = network(noisy, level, batch.speech, batch.conditions, batch.previous, batch.known)
    value = loss(clean, batch)
    optimiser.zero_grad()
    value.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(value.detach())


def _average(average: dict[str, Tensor], network: MotionTransformer, keep: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            average[name].lerp_(value, 1 - keep)


def save_network(network: MotionTransformer, path: Path) -> None:
    """Write weights and size as safetensors."""
    metadata = {name: str(value) for name, value in asdict(network.size).items()}
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, str(path), metadata)


def load_network(path: Path) -> MotionTransformer:
    """Read what `save_network` wrote."""
    with safe_open(str(path), "pt") as file:
        size = Size(**{name: int(value) for name, value in file.metadata().items()})
    network = MotionTransformer(size)
    network.load_state_dict(load_file(str(path)))
    network.eval()
    return network
