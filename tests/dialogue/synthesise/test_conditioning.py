import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue.speech import Phone, Samples, SpeechChunk
from dialogue.synthesise.conditioning import Conditioner

TONE = (0.2 * np.sin(np.arange(22_050) * 2 * np.pi * 300 / 22_050)).astype(np.float32)
PHONES = (Phone("m", 0.0, 0.5), Phone("aa", 0.5, 1.0))


def conditioned(conditioner: Conditioner, cuts: list[int]) -> list[SpeechChunk]:
    conditioner.begin()
    edges = [0, *sorted(cuts), len(TONE)]
    chunks = [SpeechChunk(TONE[a:b], 22_050, () if a else PHONES) for a, b in itertools.pairwise(edges)]
    return [*map(conditioner.push, chunks), conditioner.flush()]


def samples_of(chunks: list[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, len(TONE) - 1), max_size=8))
def test_chunked_equals_whole(cuts: list[int]) -> None:
    whole = samples_of(conditioned(Conditioner(24_000, -20), []))
    np.testing.assert_allclose(samples_of(conditioned(Conditioner(24_000, -20), cuts)), whole, atol=2e-5)


def test_a_piece_keeps_its_length_and_its_times_at_the_new_rate() -> None:
    chunks = conditioned(Conditioner(24_000, -20), [4000, 9000])
    assert {chunk.sample_rate_hz for chunk in chunks} == {24_000}
    assert len(samples_of(chunks)) == pytest.approx(24_000, abs=2)
    first_with_sound = next(chunk for chunk in chunks if len(chunk.samples))
    assert first_with_sound.phones == PHONES
    assert sum(len(chunk.phones) for chunk in chunks) == 2


def test_a_stopped_piece_leaves_nothing_behind() -> None:
    conditioner = Conditioner(24_000, -20)
    alone = samples_of(conditioned(conditioner, []))
    conditioner.begin()
    conditioner.push(SpeechChunk(TONE[:5000], 22_050, PHONES))
    again = conditioned(conditioner, [])
    assert len(samples_of(again)) == len(alone)
    assert sum(len(chunk.phones) for chunk in again) == 2


def test_a_voice_of_another_rate_may_take_over_in_mid_piece() -> None:
    conditioner = Conditioner(24_000, -20)
    conditioner.begin()
    halves = [conditioner.push(SpeechChunk(TONE[:11_025], 22_050)), conditioner.push(SpeechChunk(TONE[:8_000], 16_000))]
    assert len(samples_of([*halves, conditioner.flush()])) == pytest.approx(24_000, abs=4)
