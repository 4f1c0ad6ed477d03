import numpy as np
import pytest

from avatar.visemes import BILABIALS, LABIODENTALS, MOUTH, SHAPES, Weights, constrictions, mouth_shapes
from dialogue.speech import PHONES, SILENCE, Phone

JAW, PUCKER, STRETCH, TUCK = (MOUTH.index(n) for n in ("jaw_open", "lip_pucker", "lip_stretch", "lip_tuck"))


def spoken(symbols: str, each_s: float = 0.09) -> list[Phone]:
    return [Phone(s, i * each_s, (i + 1) * each_s) for i, s in enumerate(symbols.split())]


def middle(phones: list[Phone], index: int) -> Weights:
    return np.array([(phones[index].start_s + phones[index].end_s) / 2])


def test_every_phone_of_every_voice_has_a_shape() -> None:
    assert set(SHAPES) == set(PHONES)


@pytest.mark.parametrize("symbol", BILABIALS)
@pytest.mark.parametrize("phone_s", [0.02, 0.08])
def test_lips_are_brought_together_on_some_row_of_a_bilabial_however_rows_fall(symbol: str, phone_s: float) -> None:
    phones = [Phone("aa", 0.0, 0.2), Phone(symbol, 0.2, 0.2 + phone_s), Phone("aa", 0.2 + phone_s, 0.5)]
    for offset in np.linspace(0, 0.04, 9):
        closed = constrictions(phones, np.arange(0, 0.5, 0.04) + offset)[1]
        assert closed.max() == 1.0


@pytest.mark.parametrize("symbol", LABIODENTALS)
def test_the_lower_lip_tucks_on_f_and_v_even_beside_a_bilabial(symbol: str) -> None:
    phones = spoken(f"ah {symbol} m ay")
    assert mouth_shapes(phones, middle(phones, 1))[0, TUCK] > 0.9
    assert constrictions(phones, middle(phones, 2))[1][0] > 0.9


def test_open_vowels_open_more_than_close_ones() -> None:
    jaws = {}
    for vowel in ("aa", "eh", "iy"):
        phones = spoken(f"t {vowel} t", 0.15)
        jaws[vowel] = mouth_shapes(phones, middle(phones, 1))[0, JAW]
    assert jaws["aa"] > jaws["eh"] > jaws["iy"]


def test_lips_round_during_the_consonants_before_a_rounded_vowel() -> None:
    stew, steam = spoken("s t uw"), spoken("s t iy")
    assert mouth_shapes(stew, middle(stew, 1))[0, PUCKER] > 0.3
    assert mouth_shapes(steam, middle(steam, 1))[0, PUCKER] < 0.05


def test_a_diphthong_moves_from_open_to_spread() -> None:
    phones = spoken("t ay t", 0.24)
    early, late = mouth_shapes(phones, np.array([0.28, 0.44]))
    assert early[JAW] > late[JAW] + 0.1
    assert late[STRETCH] > early[STRETCH] + 0.2


def test_the_mouth_rests_inside_a_long_pause() -> None:
    phones = [Phone("aa", 0.0, 0.2), Phone(SILENCE, 0.2, 0.9), Phone("aa", 0.9, 1.1)]
    assert np.all(mouth_shapes(phones, np.linspace(0.35, 0.8, 40)) == 0.0)


def test_phones_beyond_the_lookahead_change_nothing() -> None:
    phones = spoken("m aa t uw f ay p ow s", 0.06)
    times_s = np.array([0.09])
    assert np.allclose(mouth_shapes(phones, times_s), mouth_shapes(phones[:5], times_s), atol=1e-12)


def test_a_mouth_far_from_any_phone_is_at_rest() -> None:
    assert np.all(mouth_shapes(spoken("aa"), np.array([5.0])) == 0.0)
