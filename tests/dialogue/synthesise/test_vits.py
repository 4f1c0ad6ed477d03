import json
from pathlib import Path

import numpy as np
import pytest

from dialogue.errors import EngineUnavailable
from dialogue.synthesise.vits import VitsSettings, VitsVoice
from tests.dialogue.synthesise.listening import Listener, samples_of, seconds_of, spoken


@pytest.fixture(scope="module")
def tiny_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random voice of some thousand weights: the real code path, noise for speech."""
    torch = pytest.importorskip("torch", reason="the extra 'llm' is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra 'llm' is not installed")
    folder = tmp_path_factory.mktemp("vits")
    torch.manual_seed(0)
    symbols = ["<pad>", "<unk>", *" abcdefghijklmnopqrstuvwxyz,.!?'əɛɪʊɹˈˌː"]
    (folder / "vocab.json").write_text(json.dumps({symbol: n for n, symbol in enumerate(symbols)}), encoding="utf-8")
    tokenizer = transformers.VitsTokenizer(str(folder / "vocab.json"), phonemize=False, is_uroman=False)
    config = transformers.VitsConfig(
        vocab_size=len(symbols), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16, flow_size=16,
        spectrogram_bins=9, upsample_initial_channel=16, upsample_rates=[8, 8], upsample_kernel_sizes=[16, 16],
        resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]], prior_encoder_num_flows=2,
        prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1, duration_predictor_num_flows=2,
        duration_predictor_filter_channels=16, depth_separable_channels=2,
    )  # fmt: skip
    transformers.VitsModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def voice(tiny_voice: Path) -> VitsVoice:
    return VitsVoice(VitsSettings(model=str(tiny_voice)))


def test_a_sentence_becomes_sound_within_full_scale(voice: VitsVoice) -> None:
    chunks = spoken(voice, "hello there, how are you?")
    assert seconds_of(chunks) > 0.05
    assert np.isfinite(samples_of(chunks)).all()
    assert np.abs(samples_of(chunks)).max() <= 1


def test_a_refused_chunk_ends_the_piece(voice: VitsVoice) -> None:
    listener = Listener(limit=1)
    voice.speak("hello there, how are you today my friend?", listener)
    assert len(listener.chunks) == 1


def test_a_faster_rate_takes_less_time(tiny_voice: Path) -> None:
    slow, fast = (VitsVoice(VitsSettings(model=str(tiny_voice)), rate) for rate in (0.5, 2.0))
    text = "hello there how are you " * 3
    assert seconds_of(spoken(fast, text)) < seconds_of(spoken(slow, text))


@pytest.mark.parametrize("text", ["", "...", "😀", "東京"])
def test_text_it_has_no_symbols_for_is_left_out(voice: VitsVoice, text: str) -> None:
    assert seconds_of(spoken(voice, text)) < 0.1


def test_a_voice_that_is_not_there_is_not_downloaded() -> None:
    pytest.importorskip("transformers", reason="the extra 'llm' is not installed")
    with pytest.raises(EngineUnavailable, match="models pull"):
        VitsVoice(VitsSettings(model="nobody/has-this"))
