"""From faces to a trained network, on small made-up talkers whose truth is known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar.features import sound_features
from avatar.latents import LatentSpace
from avatar.training.basis import encode, fidelity, learned_space, mirror_of
from avatar.training.dataset import Clip, Corpus, neutral_face, resampled
from avatar.training.evaluate import Lips, from_loudness, shuffled, sync, true_lips
from avatar.training.faces import head_angles, opening, rotations, track_face, width
from avatar.training.offsets import find_offset, fit_expectation
from avatar.training.tracks import Track
from dialogue.speech import Phone

SPACE = LatentSpace.load()
RNG = np.random.default_rng(7)


def syllables(seconds: float, seed: int) -> np.ndarray:
    """Loudness 0..1 at 100 Hz: irregular bumps."""
    rng = np.random.default_rng(seed)
    starts = np.cumsum(rng.uniform(0.12, 0.4, int(seconds * 8)))
    time_s = np.arange(int(seconds * 100)) / 100
    return np.clip(sum(np.exp(-(((time_s - s) / 0.05) ** 2)) * rng.uniform(0.3, 1) for s in starts), 0, 1)


def talker(seed: int, picture_late_s: float = 0.0, seconds: float = 6.0) -> Clip:
    """Somebody whose jaw opens as the voice is loud, and who smiles and blinks besides."""
    loud = syllables(seconds, seed)
    rng = np.random.default_rng(seed + 100)
    voice = np.repeat(loud, 160) * np.sin(np.arange(len(loud) * 160) * 2 * np.pi * 150 / 16000) * 0.3
    samples = (voice + 0.0003 * rng.normal(size=len(voice))).astype(np.float32)
    n = len(loud) // 4
    ticks = np.clip((np.arange(n) / 25 - picture_late_s) * 100, 0, len(loud) - 1).astype(int)
    jaw = 0.5 * loud[ticks]
    smile = 0.3 * np.sin(np.arange(n) / 20 + seed)
    blink = (np.arange(n) % 60 < 4).astype(float)
    codes = np.outer(jaw, SPACE.control("jaw_open")) + np.outer(smile, SPACE.control("smile"))
    codes = codes + np.outer(blink, SPACE.controls(lid_close_left=1, lid_close_right=1))
    offset = SPACE.displacement(codes.astype(np.float32))
    return Clip(
        corpus=Corpus("made-up"),
        name=f"clip{seed}",
        person=f"person{seed}",
        pose=np.zeros((n, 6), np.float32),
        offset=offset,
        neutral=SPACE.neutral,
        features=sound_features(samples, 4 * n),
        samples=samples,
        phones=(Phone("aa", 0.0, seconds),),
        held_out=False,
    )


def test_angles_undo_rotations() -> None:
    angles = RNG.uniform(-0.5, 0.5, (20, 3)).astype(np.float32)
    assert np.allclose(head_angles(rotations(angles)), angles, atol=1e-5)


def test_a_turned_moved_and_shrunk_face_gives_back_its_pose_and_shape() -> None:
    angles = RNG.uniform(-0.3, 0.3, (8, 3)).astype(np.float32)
    shift = RNG.uniform(-20, 20, (8, 1, 3)).astype(np.float32)
    scale = np.array([90, 100, 100, 100, 100, 100, 110, 100], np.float32)[:, None, None]
    tracked = scale * np.einsum("nij,pj->npi", rotations(angles), SPACE.neutral) + shift
    tracked[..., 2] *= -1  # the tracker's z points away from the viewer
    face = track_face(tracked.astype(np.float32), SPACE.neutral)
    assert np.allclose(face.pose[:, :3], angles, atol=1e-3)
    assert np.allclose(face.shape, SPACE.neutral, atol=2e-3)
    assert face.pose[0, 5] == pytest.approx(np.log(100 / 90), abs=1e-3)


def test_frames_are_placed_by_their_time_stamps_not_by_their_number() -> None:
    times = np.array([0.0, 0.04, 0.16, 0.20])  # two frames were lost in between
    landmarks = np.broadcast_to(times[:, None, None], (4, 478, 3)).astype(np.float32)
    track = Track(landmarks, times, np.zeros(3200, np.float32), np.zeros((0, 0), np.float32))
    assert np.allclose(resampled(track, 0.0)[:, 0, 0], np.arange(6) / 25, atol=1e-6)
    assert np.allclose(resampled(track, 0.04)[:4, 0, 0], np.arange(1, 5) / 25, atol=1e-6)


def test_the_resting_face_has_nearly_closed_lips() -> None:
    clip = talker(1)
    assert opening(neutral_face(clip.shape)) < opening(clip.shape).mean() / 2


def test_a_learned_basis_holds_people_it_was_not_fitted_to() -> None:
    learned = learned_space(SPACE, [talker(seed) for seed in range(4)])
    found = fidelity(learned, [talker(9)])
    assert found.lip_error_percent < 0.5
    assert found.opening_r > 0.99


def test_controls_survive_in_a_learned_basis() -> None:
    learned = learned_space(SPACE, [talker(seed) for seed in range(2)])
    for name in ("jaw_open", "lid_close_left", "brow_up", "gaze_x", "cheek_puff"):
        field = SPACE.fields[name]
        error = np.linalg.norm(learned.displacement(learned.control(name)) - field) / np.linalg.norm(field)
        assert error < 0.2, name


def test_the_mirror_of_the_mirror_is_the_landmark_itself() -> None:
    mirror = mirror_of(SPACE.neutral)
    assert np.array_equal(mirror[mirror], np.arange(478))


def test_encoding_a_displacement_gives_back_its_code() -> None:
    codes = RNG.normal(size=(5, 32)).astype(np.float32)
    codes[:, 30:] = 0
    assert np.allclose(encode(SPACE, SPACE.displacement(codes)), codes, atol=0.05)


@pytest.mark.parametrize("late_s", [-0.2, -0.04, 0.0, 0.12])
def test_a_late_picture_is_found_out(late_s: float) -> None:
    expectation = fit_expectation([talker(seed) for seed in range(6)])
    found = find_offset([talker(20, late_s), talker(21, late_s)], expectation)
    assert found.late_s == pytest.approx(late_s, abs=0.03)
    assert found.confidence > 0.05


def test_the_truth_agrees_with_itself() -> None:
    clips = [talker(1), talker(2)]
    found = sync(clips, [true_lips(clip) for clip in clips])
    assert found.opening_r == pytest.approx(1.0)
    assert found.lag_ms == 0
    assert found.opening_deviation == pytest.approx(1.0)


def test_a_prediction_that_comes_late_is_called_late() -> None:
    clips = [talker(1)]
    late = [Lips(np.roll(true_lips(clips[0]).opening, 2), true_lips(clips[0]).width)]
    assert sync(clips, late).lag_ms == pytest.approx(80)


def test_chance_is_far_below_loudness_where_loudness_is_the_truth() -> None:
    clips = [talker(seed) for seed in range(4)]
    loud = [from_loudness(clip) for clip in clips]
    assert sync(clips, loud).opening_r > 0.7
    assert sync(clips, shuffled(loud)).opening_r < 0.4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, from inside its exporter
@pytest.mark.filterwarnings("ignore:Iterating over a tensor")
@pytest.mark.filterwarnings("ignore:Converting a tensor")
def test_training_learns_and_what_is_exported_is_the_same_network(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs the `train` extra")
    from avatar.learned import MotionNetwork
    from avatar.training import train
    from avatar.training.export import export
    from avatar.transformer import MotionTransformer

    size = replace(train.SIZE, width=32, layers=1, heads=2)
    clips = [talker(seed) for seed in range(3)]
    batch = train.draw(
        train.lay_out(clips, SPACE, size), size, train.mirror_matrix(SPACE), 64, np.random.default_rng(0)
    )
    torch.manual_seed(0)
    network = MotionTransformer(size)
    loss = train.Loss.of(SPACE)

    def denoised() -> Any:
        noise = torch.zeros_like(batch.clean), torch.full((64,), 0.98)
        return network(*noise, batch.speech, batch.conditions, batch.previous, batch.known).detach()

    before = float(loss(denoised(), batch))
    network = train.train(network, clips, SPACE, train.Schedule(minutes=0.07, batch=16), lambda *told: None)
    assert float(loss(denoised(), batch)) < before

    train.save_network(network, tmp_path / "motion.safetensors")
    export(train.load_network(tmp_path / "motion.safetensors"), SPACE, tmp_path / "motion.onnx")
    shipped = MotionNetwork(tmp_path / "motion.onnx")
    clean = shipped.denoise(
        batch.clean.numpy()[:2], 0.5, batch.speech.numpy()[:2], batch.previous.numpy()[:2], batch.known.numpy()[:2]
    )
    expected = network(
        batch.clean[:2],
        torch.full((2,), 0.5),
        batch.speech[:2],
        torch.zeros_like(batch.conditions[:2]),
        batch.previous[:2],
        batch.known[:2],
    )
    assert np.allclose(clean, expected.detach().numpy(), atol=1e-4)


def test_mirroring_motion_twice_changes_nothing() -> None:
    train = pytest.importorskip("avatar.training.train", reason="training needs the `train` extra")
    mirror = train.mirror_matrix(SPACE)
    assert np.allclose(mirror @ mirror, np.eye(len(mirror)), atol=0.05)


def test_width_counts_from_corner_to_corner() -> None:
    assert width(SPACE.neutral) == pytest.approx(np.linalg.norm(SPACE.neutral[61] - SPACE.neutral[291]))
