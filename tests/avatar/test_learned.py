from pathlib import Path

import numpy as np
import pytest

from avatar.channels import ChannelMap
from avatar.controls import Controls
from avatar.latents import FRAME_RATE_HZ, LATENT_SIZE, LatentSpace, Motion
from avatar.learned import LearnedMotion, MotionNetwork
from dialogue.errors import EngineError, EngineUnavailable, InputError
from dialogue.speech import SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

SPACE = LatentSpace.load()
NETWORK = MotionNetwork()
LIPS = ChannelMap(SPACE)
PERCENT_OF_EYES = 0.01


def speech(text: str) -> SpeechChunk:
    chunks: list[SpeechChunk] = []

    def emit(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak(text, emit)
    phones = tuple(phone for chunk in chunks for phone in chunk.phones)
    return SpeechChunk(np.concatenate([c.samples for c in chunks]), chunks[0].sample_rate_hz, phones)


HELLO = speech("Hello, maybe we could meet in my room before five?")


def generate(*chunks: SpeechChunk, seed: int = 1, previous: Motion | None = None) -> Motion:
    generator = LearnedMotion(SPACE, NETWORK)
    generator.begin(seed, previous, Controls())
    return np.concatenate([*(generator.push(chunk) for chunk in chunks), generator.finish()])


def cut(chunk: SpeechChunk, size: int) -> list[SpeechChunk]:
    pieces = [chunk.samples[i : i + size] for i in range(0, len(chunk.samples), size)]
    return [SpeechChunk(piece, chunk.sample_rate_hz, () if i else chunk.phones) for i, piece in enumerate(pieces)]


@pytest.mark.parametrize("size", [320, 1601, 16_000])
def test_motion_of_chunks_is_the_motion_of_the_whole(size: int) -> None:
    assert np.allclose(generate(*cut(HELLO, size)), generate(HELLO), atol=1e-4)


def test_there_is_a_row_for_every_tick_of_the_speech() -> None:
    motion = generate(HELLO)
    assert motion.shape == (int(np.ceil(HELLO.seconds * FRAME_RATE_HZ)), LATENT_SIZE)
    assert np.isfinite(motion).all()


def test_rows_come_as_soon_as_the_announced_lookahead_is_known() -> None:
    generator = LearnedMotion(SPACE, NETWORK)
    generator.begin(1, None, Controls())
    known = round((generator.lookahead_s + 0.01) * HELLO.sample_rate_hz)
    first = SpeechChunk(HELLO.samples[:known], HELLO.sample_rate_hz, HELLO.phones)
    assert len(generator.push(first)) > 0


def test_the_seed_is_all_the_randomness() -> None:
    assert np.array_equal(generate(HELLO, seed=5), generate(HELLO, seed=5))


def test_another_seed_moves_otherwise_but_says_the_same() -> None:
    one, other = generate(HELLO, seed=5), generate(HELLO, seed=6)
    assert np.abs(one[:, :3] - other[:, :3]).max() > 0.02
    assert np.corrcoef(LIPS.lip_gap(one), LIPS.lip_gap(other))[0, 1] > 0.5


def test_two_pieces_are_one_stream_of_rows() -> None:
    generator = LearnedMotion(SPACE, NETWORK)
    generator.begin(1, None, Controls())
    rows = []
    for _ in range(2):
        rows += [generator.push(HELLO), generator.finish()]
    assert len(np.concatenate(rows)) == int(np.ceil(2 * HELLO.seconds * FRAME_RATE_HZ))


def test_lips_meet_at_every_p_b_and_m() -> None:
    gaps = LIPS.lip_gap(generate(HELLO))
    labials = [phone for phone in HELLO.phones if phone.symbol in ("p", "b", "m")]
    assert len(labials) >= 5
    for phone in labials:
        low, high = int(phone.start_s * FRAME_RATE_HZ), int(phone.end_s * FRAME_RATE_HZ) + 2
        assert gaps[low:high].min() <= 0.5 * PERCENT_OF_EYES, phone


def test_lips_open_in_between() -> None:
    gaps = LIPS.lip_gap(generate(HELLO))
    assert np.quantile(gaps, 0.9) > 4 * PERCENT_OF_EYES


def test_digital_silence_leaves_the_lips_alone() -> None:
    gaps = LIPS.lip_gap(generate(SpeechChunk(np.zeros(32_000, np.float32), 16_000)))
    assert gaps.max() < 3 * PERCENT_OF_EYES
    assert np.abs(np.diff(gaps)).max() < 1 * PERCENT_OF_EYES


def test_speech_without_phones_moves_the_lips_too() -> None:
    bare = SpeechChunk(HELLO.samples, HELLO.sample_rate_hz)
    assert LIPS.lip_gap(generate(bare)).std() > 1 * PERCENT_OF_EYES


def test_the_face_begins_where_it_was() -> None:
    smiling = np.zeros(LATENT_SIZE, np.float32)
    smiling[6:] = SPACE.controls(smile=0.5)
    far, near = (
        np.abs(generate(HELLO, previous=previous)[:4, 6:36] - smiling[6:36]).mean() for previous in (None, smiling)
    )
    assert near < far


def test_speech_at_another_rate_is_understood() -> None:
    doubled = SpeechChunk(np.repeat(HELLO.samples, 2), 2 * HELLO.sample_rate_hz, HELLO.phones)
    gaps, expected = LIPS.lip_gap(generate(doubled)), LIPS.lip_gap(generate(HELLO))
    assert np.corrcoef(gaps, expected[: len(gaps)])[0, 1] > 0.8


def test_a_voice_may_not_change_its_rate_in_mid_word() -> None:
    generator = LearnedMotion(SPACE, NETWORK)
    generator.push(HELLO)
    with pytest.raises(InputError, match="rate"):
        generator.push(SpeechChunk(HELLO.samples, 8000))


def test_a_model_of_another_latent_space_is_refused() -> None:
    other = LatentSpace(SPACE.neutral, SPACE.basis[::-1], SPACE.tongue, SPACE.fields)
    with pytest.raises(EngineError, match="another latent space"):
        LearnedMotion(other, NETWORK)


def test_a_missing_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="missing"):
        MotionNetwork(tmp_path / "motion.onnx")


def test_a_damaged_model_says_so(tmp_path: Path) -> None:
    path = tmp_path / "motion.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(EngineError, match="cannot be read"):
        MotionNetwork(path)
