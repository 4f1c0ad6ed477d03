from pathlib import Path

import numpy as np
import pytest

from dialogue.errors import EngineUnavailable
from dialogue.recognise.whisper import HeardSegment, WhisperRecogniser, WhisperSettings, is_believable, names_in
from dialogue.speech import Samples, Word
from tests.dialogue.recognise.tiny_whisper import make_tiny_whisper


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_whisper(tmp_path_factory.mktemp("whisper"))


def settings(model: Path, language: str = "en", partial_every_s: float = 0.6) -> WhisperSettings:
    return WhisperSettings(model=str(model), language=language, partial_every_s=partial_every_s)


def noise(seconds: float, seed: int = 0) -> Samples:
    sound: Samples = np.random.default_rng(seed).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)
    return sound


def segment(text: str, no_speech: float = 0.0, log_probability: float = -0.2, ratio: float = 1.0) -> HeardSegment:
    words = tuple(Word(word, float(i), i + 1.0) for i, word in enumerate(text.split()))
    return HeardSegment(words, (0.9,) * len(words), no_speech, log_probability, ratio)


def test_what_is_heard_does_not_depend_on_the_blocks_it_came_in(model: Path) -> None:
    sound = noise(3)
    recogniser = WhisperRecogniser(settings(model))
    recogniser.accept(sound)
    whole = recogniser.finish()
    assert whole.text
    for block_samples in (1600, 7000):
        recogniser.begin()
        for start in range(0, len(sound), block_samples):
            recogniser.accept(sound[start : start + block_samples])
        assert recogniser.finish() == whole


def test_partials_come_while_sound_comes_and_settle_into_the_final_words(model: Path) -> None:
    recogniser = WhisperRecogniser(settings(model, partial_every_s=0.2))
    sound = noise(4)
    partials = []
    for start in range(0, len(sound), 1600):
        recogniser.accept(sound[start : start + 1600])
        partials.append(recogniser.partial())
    assert any(partial.text for partial in partials)
    assert all(partial.stable_words <= len(partial.words) and not partial.is_final for partial in partials)
    final = recogniser.finish()
    assert final.is_final
    assert final.stable_words == len(final.words) == len(final.text.split())


def test_words_lie_within_the_sound_and_have_a_probability(model: Path) -> None:
    recogniser = WhisperRecogniser(settings(model))
    recogniser.accept(noise(2))
    final = recogniser.finish()
    assert final.words
    assert all(0 <= word.start_s <= word.end_s <= 2.0 for word in final.words)
    assert 0 < final.confidence <= 1


def test_a_long_utterance_is_held_in_a_bounded_window_and_its_times_go_on(model: Path) -> None:
    recogniser = WhisperRecogniser(settings(model, partial_every_s=5))
    for second in range(50):
        recogniser.accept(noise(1, seed=second % 3))
    final = recogniser.finish()
    starts = [word.start_s for word in final.words]
    assert starts == sorted(starts)
    assert starts[-1] > 20
    assert final.words[-1].end_s <= 50


def test_the_language_is_found_from_the_sound_unless_it_is_given(model: Path) -> None:
    german = WhisperRecogniser(settings(model, language="de"))
    german.accept(noise(1))
    assert german.finish().language == "de"
    unknown = WhisperRecogniser(settings(model, language=""))
    unknown.accept(noise(1))
    assert len(unknown.finish().language) in (2, 3)


def test_an_unfinished_utterance_leaves_nothing_behind(model: Path) -> None:
    recogniser = WhisperRecogniser(settings(model))
    recogniser.accept(noise(3))
    recogniser.begin()
    assert recogniser.partial().text == ""
    assert recogniser.finish().text == ""


def test_a_model_that_is_not_there_is_never_fetched_and_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"'tiny' is not on this machine.*\./visavis models"):
        WhisperRecogniser(WhisperSettings(model="tiny", folder=str(tmp_path)))


def test_a_folder_without_a_tokenizer_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"tokenizer\.json"):
        WhisperRecogniser(WhisperSettings(model=str(tmp_path)))


def test_a_damaged_model_is_unavailable(model: Path, tmp_path: Path) -> None:
    for file in model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:1000] if file.suffix == ".bin" else file.read_bytes())
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        WhisperRecogniser(WhisperSettings(model=str(tmp_path)))


@pytest.mark.parametrize(
    "made_up",
    [
        segment("Thanks for watching!"),
        segment("Thank you.", no_speech=0.5),
        segment("the cat sat", no_speech=0.9, log_probability=-1.5),
        segment("I am I am I am I am I am"),
        segment("la la la", ratio=3.0),
        segment("..."),
    ],
    ids=["phantom", "doubtful in silence", "silence", "repetition", "compressible", "no words"],
)
def test_what_whisper_makes_up_is_not_believed(made_up: HeardSegment) -> None:
    assert not is_believable(made_up)


@pytest.mark.parametrize(
    "said",
    [segment("Thank you."), segment("no no no"), segment("where is room two", no_speech=0.7), segment("bye", 0.1)],
)
def test_what_people_say_is_believed(said: HeardSegment) -> None:
    assert is_believable(said)


def test_names_are_the_words_in_capitals_within_sentences() -> None:
    texts = ("Where is Doctor Okonkwo? Ask at the Halvorsen Institute.", "Then Doctor Okonkwo comes.")
    assert names_in(texts) == ("Doctor Okonkwo", "Halvorsen Institute")


def test_a_prompt_of_names_changes_nothing_about_the_format(model: Path) -> None:
    recogniser = WhisperRecogniser(settings(model), ("Ask for Doctor Okonkwo at the Halvorsen Institute." * 50,))
    recogniser.accept(noise(2))
    assert recogniser.finish().is_final
