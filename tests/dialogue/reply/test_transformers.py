import threading
import time
from pathlib import Path

import pytest

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.history import Utterance
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.knowledge_file import Entry, Knowledge, Persona
from dialogue.reply.transformers import TransformersReplier, TransformersSettings

KNOWLEDGE = KnowledgeReplier(
    Knowledge(
        persona=Persona(name="Ada", role="a receptionist"),
        entries=(
            Entry(id="hours", about="opening hours", questions=("when do you open",), answer=("At nine.",)),
            Entry(id="lift", about="the lift", questions=("where is the lift",), answer=("There.",)),
        ),
    )
)
ASKED = [Utterance("user", "when do you open")]


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random chat model of 0.1 million weights: the real code path, nonsense words."""
    torch = pytest.importorskip("torch", reason="the extra 'llm' is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra 'llm' is not installed")
    tokenizers = pytest.importorskip("tokenizers")
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    letters = tokenizers.Tokenizer(tokenizers.models.BPE())
    letters.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    letters.decoder = tokenizers.decoders.ByteLevel()
    special = ["<pad>", "<end>", "<user>", "<assistant>", "<system>"]
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
    letters.train_from_iterator(["welcome to the office, how can I help you today?"] * 9, trainer)
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=letters, eos_token="<end>", pad_token="<pad>")
    tokenizer.chat_template = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<end>{% endfor %}<assistant>"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), num_key_value_heads=2, max_position_embeddings=8192, eos_token_id=4,
        bos_token_id=None, pad_token_id=0, **sizes,
    )  # fmt: skip
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def replier(tiny_model: Path) -> TransformersReplier:
    return TransformersReplier(TransformersSettings(model=str(tiny_model), reply_tokens=400), KNOWLEDGE)


async def test_words_are_streamed_while_the_model_writes(replier: TransformersReplier) -> None:
    parts = [part async for part in replier.reply(ASKED)]
    assert len(parts) > 1
    assert "".join(parts).strip()
    assert "<end>" not in "".join(parts)


async def test_closing_a_reply_stops_the_model_within_a_few_tokens(tiny_model: Path) -> None:
    endless = TransformersReplier(TransformersSettings(model=str(tiny_model), reply_tokens=6000), KNOWLEDGE)
    stream = endless.reply(ASKED)
    await anext(stream)
    await stream.aclose()
    began = time.perf_counter()
    second = endless.reply(ASKED)
    await anext(second)  # begins once the first has stopped
    assert time.perf_counter() - began < 5
    await second.aclose()


async def test_the_model_lives_in_a_thread_of_its_own(replier: TransformersReplier) -> None:
    _ = [part async for part in replier.reply(ASKED)]
    assert any(thread.name.startswith("thinking") for thread in threading.enumerate())


def test_a_model_that_is_not_there_is_not_downloaded() -> None:
    pytest.importorskip("transformers", reason="the extra 'llm' is not installed")
    with pytest.raises(EngineUnavailable, match="models pull"):
        TransformersReplier(TransformersSettings(model="nobody/has-this"), KNOWLEDGE)


def test_a_model_that_cannot_chat_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        if "chat_template" not in file.name:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(EngineError, match="no chat template"):
        TransformersReplier(TransformersSettings(model=str(tmp_path)), KNOWLEDGE)
