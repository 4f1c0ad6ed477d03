import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.synthesise.piper import PiperSettings, PiperVoice
from tests.dialogue.synthesise.listening import Listener, phones_of, samples_of, seconds_of, spoken

HOP = 256


def write_voice(folder: Path, tells_durations: bool) -> Path:
    """Make a voice with Piper's inputs and outputs: HOP samples a symbol, louder for larger numbers."""
    onnx = pytest.importorskip("onnx", reason="the extra 'train' is not installed")
    helper, numpy_helper, kind = onnx.helper, onnx.numpy_helper, onnx.TensorProto
    constants = [
        numpy_helper.from_array(np.array([2]), "two"),
        numpy_helper.from_array(np.full((1, 1, HOP), 0.01, np.float32), "wave"),
        numpy_helper.from_array(np.array([1, 1, 1, -1]), "shape"),
    ]
    nodes = [
        helper.make_node("Cast", ["input"], ["numbers"], to=kind.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "two"], ["column"]),
        helper.make_node("Mul", ["column", "wave"], ["waves"]),
        helper.make_node("Reshape", ["waves", "shape"], ["output"]),
        helper.make_node("Sub", ["numbers", "numbers"], ["nothing"]),
        helper.make_node("Exp", ["nothing"], ["durations"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", kind.INT64, [1, None]),
        helper.make_tensor_value_info("input_lengths", kind.INT64, [1]),
        helper.make_tensor_value_info("scales", kind.FLOAT, [3]),
    ]
    outputs = [helper.make_tensor_value_info("output", kind.FLOAT, None)]
    if tells_durations:
        outputs.append(helper.make_tensor_value_info("durations", kind.FLOAT, None))
    graph = helper.make_graph(nodes, "voice", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = folder / "tiny.onnx"
    onnx.save(model, str(path))
    symbols = "_^$ .,!?abdefhijklmnopstuvwzæðŋɐɑɔəɛɜɡɪɹʃʊʌʒˈˌː"
    described = {
        "audio": {"sample_rate": 22_050},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(symbols)},
        "num_speakers": 1,
    }
    path.with_suffix(".onnx.json").write_text(json.dumps(described), encoding="utf-8")
    return path


@pytest.fixture
def voice(tmp_path: Path) -> PiperVoice:
    return PiperVoice(PiperSettings(voice=str(write_voice(tmp_path, tells_durations=True))))


def test_a_sentence_is_spoken_symbol_by_symbol_with_pads_between(voice: PiperVoice) -> None:
    samples = samples_of(spoken(voice, "hello"))  # həlˈoʊ
    steps = (samples[::HOP] / 0.01).round().astype(int).tolist()
    assert len(steps) == 3 + 2 * len("həlˈoʊ")
    assert steps[0] == 1  # begin
    assert steps[-1] == 2  # end
    assert steps[1:-1:2] == [0] * (1 + len("həlˈoʊ"))  # pads


def test_phones_come_with_the_first_chunk_and_cover_the_sound(voice: PiperVoice) -> None:
    chunks = spoken(voice, "my pan")
    phones = phones_of(chunks[:1])
    assert phones == phones_of(chunks)
    assert [phone.symbol for phone in phones if phone.symbol != "pau"] == ["m", "aa", "ih", "p", "ae", "n"]
    assert all(before.end_s == pytest.approx(after.start_s) for before, after in itertools.pairwise(phones))
    assert phones[-1].end_s == pytest.approx(seconds_of(chunks))


def test_a_voice_that_tells_no_durations_gives_no_phones(tmp_path: Path) -> None:
    voice = PiperVoice(PiperSettings(voice=str(write_voice(tmp_path, tells_durations=False))))
    chunks = spoken(voice, "my pan")
    assert seconds_of(chunks) > 0
    assert phones_of(chunks) == []


def test_a_refused_chunk_ends_the_piece(voice: PiperVoice) -> None:
    listener = Listener(limit=2)
    voice.speak("one two three four five six seven", listener)
    assert len(listener.chunks) == 2


@pytest.mark.parametrize("text", ["", "...", "😀"])
def test_text_without_anything_to_say_emits_nothing(voice: PiperVoice, text: str) -> None:
    assert spoken(voice, text) == []


def test_a_voice_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="put NAME"):
        PiperVoice(PiperSettings(voice=str(tmp_path / "absent.onnx")))


@pytest.mark.parametrize("damaged", ["tiny.onnx", "tiny.onnx.json"])
def test_a_damaged_voice_is_refused(tmp_path: Path, damaged: str) -> None:
    path = write_voice(tmp_path, tells_durations=False)
    (tmp_path / damaged).write_text("oops", encoding="utf-8")
    with pytest.raises(EngineError, match="fetch it again"):
        PiperVoice(PiperSettings(voice=str(path)))
