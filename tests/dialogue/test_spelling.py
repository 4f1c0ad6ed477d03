import pytest

from dialogue.spelling import confusable, spell_out, spelled_in, tokens_of


def spelled(text: str) -> list[str]:
    return [found.letters for found in spelled_in(tokens_of(text))]


@pytest.mark.parametrize(
    ("heard", "letters"),
    [
        ("s m i t h", "smith"),
        ("S-M-I-T-H.", "smith"),
        ("my name is smyth s m y t h", "smyth"),
        ("h o l l o w eight why", "hollowa" + "y"),
        ("h o double l o w a y", "holloway"),
        ("m for mother a as in apple r", "mar"),
        ("n for mother a r", "mar"),
        ("before bravo before oscar b", "bob"),
        ("mike alfa romeo", "mar"),
        ("x-ray oscar double you", "xow"),
        ("em ay ar gee", "marg"),
        ("see are a i gee", "craig"),
    ],
)
def test_letters_are_read_however_they_are_said(heard: str, letters: str) -> None:
    assert spelled(heard) == [letters]


@pytest.mark.parametrize("heard", ["i see you are here", "a tea for two", "why are you", "can i see a doctor", ""])
def test_words_that_sound_like_letters_stay_words(heard: str) -> None:
    assert spelled(heard) == []


def test_two_names_spelled_in_one_breath_are_two() -> None:
    assert spelled("a n n a and then c l a r k") == ["anna", "clark"]


def test_letters_whose_names_sound_alike_compare_equal() -> None:
    assert confusable("bond") == confusable("pomt")
    assert confusable("bond") != confusable("bald")


def test_a_word_is_spelled_for_the_ear() -> None:
    assert spell_out("Holloway") == "H, O, double L, O, W, A, Y"
    assert spell_out("O'Brien 22b") == "O, B, R, I, E, N, 2, 2, B"
    assert spell_out("Žižek") == "Ž, I, Ž, E, K"
