from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from avatar.controls import Controls
from avatar.handmade import HandmadeMotion
from avatar.latents import FRAME_RATE_HZ, LATENT_SIZE, LOWER_LIP, POSE_SIZE, UPPER_LIP, LatentSpace, Motion, gap
from avatar.motion import MotionGenerator
from dialogue.errors import InputError
from dialogue.speech import Phone, SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

SPACE = LatentSpace.load()
Array = npt.NDArray[np.floating[Any]]


def speech(text: str) -> SpeechChunk:
    chunks: list[SpeechChunk] = []

    def emit(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    FliteVoice(FliteSettings()).speak(text, emit)
    phones = tuple(phone for chunk in chunks for phone in chunk.phones)
    return SpeechChunk(np.concatenate([c.samples for c in chunks]), chunks[0].sample_rate_hz, phones)


HELLO = speech("Hello, maybe we could meet in my room before five?")


def generate(*chunks: SpeechChunk, seed: int = 1, generator: MotionGenerator | None = None) -> Motion:
    generator = generator or HandmadeMotion(SPACE)
    generator.begin(seed, None, Controls())
    return np.concatenate([*(generator.push(chunk) for chunk in chunks), generator.finish()])


def cut(chunk: SpeechChunk, sizes: list[int], phones_when_heard: bool = False) -> list[SpeechChunk]:
    """Cut speech into chunks of these sizes in turn; phones come with the first, or each when it begins."""
    pieces: list[SpeechChunk] = []
    start, known = 0, 0
    while start < len(chunk.samples):
        size = sizes[len(pieces) % len(sizes)]
        end_s = (start + size) / chunk.sample_rate_hz
        count = sum(p.start_s < end_s for p in chunk.phones) if phones_when_heard else len(chunk.phones)
        pieces.append(SpeechChunk(chunk.samples[start : start + size], chunk.sample_rate_hz, chunk.phones[known:count]))
        start, known = start + size, count
    return pieces


def lip_gap(rows: Motion) -> Array:
    opening: Array = 100 * gap(SPACE.displacement(rows[:, POSE_SIZE:]), UPPER_LIP[3:6], LOWER_LIP[3:6]).mean(axis=1)
    return opening


@pytest.mark.parametrize("sizes", [[320], [1000, 37, 4096], [100_000]])
@pytest.mark.parametrize("phones_when_heard", [False, True])
def test_chunks_give_the_same_rows_as_the_whole(sizes: list[int], phones_when_heard: bool) -> None:
    rows = generate(*cut(HELLO, sizes, phones_when_heard))
    assert np.allclose(rows, generate(HELLO), atol=1e-5)


@pytest.mark.parametrize("sizes", [[320], [1000, 37, 4096]])
def test_chunks_without_phones_give_the_same_rows_as_the_whole(sizes: list[int]) -> None:
    mute = SpeechChunk(HELLO.samples, HELLO.sample_rate_hz)
    assert np.allclose(generate(*cut(mute, sizes)), generate(mute), atol=1e-5)


def test_there_is_one_row_for_every_25th_of_a_second() -> None:
    assert len(generate(HELLO)) == int(np.ceil(HELLO.seconds * FRAME_RATE_HZ))


def test_rows_come_out_once_the_lookahead_is_heard() -> None:
    generator = HandmadeMotion(SPACE)
    generator.begin(1, None, Controls())
    given, heard_s = 0, 0.0
    for chunk in cut(HELLO, [400]):
        given += len(generator.push(chunk))
        heard_s += chunk.seconds
        assert given >= int((heard_s - generator.lookahead_s - 0.05) * FRAME_RATE_HZ)


def test_pieces_of_a_reply_follow_each_other_without_losing_rows() -> None:
    generator = HandmadeMotion(SPACE)
    generator.begin(1, None, Controls())
    pieces = [speech("Yes."), speech("Of course we do."), speech("Bye.")]
    counts = [len(generator.push(piece)) + len(generator.finish()) for piece in pieces]
    assert sum(counts) == int(np.ceil(sum(piece.seconds for piece in pieces) * FRAME_RATE_HZ - 1e-6))


def test_lips_meet_on_every_bilabial_of_a_real_voice() -> None:
    opening = lip_gap(generate(HELLO))
    times_s = np.arange(len(opening)) / FRAME_RATE_HZ
    bilabials = [phone for phone in HELLO.phones if phone.symbol in "pbm"]
    assert len(bilabials) >= 4
    for phone in bilabials:
        near = np.abs(times_s - (phone.start_s + phone.end_s) / 2) <= 0.04
        assert opening[near].min() <= 0.5


def test_speech_without_phones_opens_the_mouth_with_the_voice_and_rests_in_silence() -> None:
    silence = np.zeros(HELLO.sample_rate_hz, np.float32)
    mute = SpeechChunk(np.concatenate([HELLO.samples, silence]), HELLO.sample_rate_hz)
    opening = lip_gap(generate(mute))
    assert opening.max() > 5.0
    assert np.abs(opening[-15:]).max() < 0.3


def test_any_sample_rate_gives_the_same_mouth_timing() -> None:
    doubled = SpeechChunk(np.repeat(HELLO.samples, 2), 2 * HELLO.sample_rate_hz, HELLO.phones)
    assert np.corrcoef(lip_gap(generate(doubled)), lip_gap(generate(HELLO)))[0, 1] > 0.98


def test_digital_silence_and_faint_noise_move_no_lip() -> None:
    noise = 1e-3 * np.random.default_rng(1).standard_normal(32_000).astype(np.float32)
    for samples in (np.zeros(32_000, np.float32), noise):
        assert np.abs(lip_gap(generate(SpeechChunk(samples, 16_000)))).max() < 0.3


def test_the_seed_is_all_the_randomness() -> None:
    generator = HandmadeMotion(SPACE)
    first, again = (generate(HELLO, seed=5, generator=generator) for _ in range(2))
    other = generate(HELLO, seed=6, generator=generator)
    assert np.array_equal(first, again)
    assert np.abs(first[:, :3] - other[:, :3]).max() > 0.01
    assert np.allclose(lip_gap(first), lip_gap(other), atol=0.1)  # % of the eye distance: blinks tug a little


def test_a_voice_that_changes_its_rate_is_refused() -> None:
    generator = HandmadeMotion(SPACE)
    generator.push(SpeechChunk(np.zeros(100, np.float32), 16_000))
    with pytest.raises(InputError, match="rate"):
        generator.push(SpeechChunk(np.zeros(100, np.float32), 22_050))


def test_an_empty_reply_has_no_rows() -> None:
    assert generate(SpeechChunk(np.zeros(0, np.float32), 16_000)).shape == (0, LATENT_SIZE)


def test_a_phone_no_table_knows_moves_the_mouth_like_a_vowel() -> None:
    odd = SpeechChunk(HELLO.samples, HELLO.sample_rate_hz, (Phone("xx", 0.1, 0.4),))
    assert lip_gap(generate(odd))[4:9].max() > 2.0


def test_a_long_piece_in_small_chunks_is_not_slower_than_a_short_one() -> None:
    from time import perf_counter

    generator = HandmadeMotion(SPACE)
    generator.begin(1, None, Controls())
    costs_s = []
    for _ in range(30):
        began_s = perf_counter()
        for chunk in cut(SpeechChunk(HELLO.samples, HELLO.sample_rate_hz), [3200]):
            generator.push(chunk)
        costs_s.append(perf_counter() - began_s)
    assert np.median(costs_s[-10:]) < 3 * np.median(costs_s[:10])
