"""A Whisper small enough for tests: the real format and code path, with random weights, made without a network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import WhisperSpec
from ctranslate2.specs.model_spec import visit_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

WIDTH, HEADS, MELS = 64, 2, 80
EMPTY = "<|empty|>"
"""Stands for the empty token: by having one, CTranslate2 knows a model of more languages than English."""
SENTENCES = ("hello how can i help you today the reception desk is open and doctor okonkwo is in room two",)


def make_tiny_whisper(folder: Path, seed: int = 0) -> Path:
    """Write a multilingual model of two layers that says nonsense, always the same for the same sound."""
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS}))
    spec = WhisperSpec(2, HEADS, 2, HEADS)
    size = tokenizer.get_vocab_size()
    random = np.random.default_rng(seed)
    visit_spec(spec, lambda layer, name, _: _fill(layer, name, size, random))
    numbered = tokenizer.get_vocab()
    vocabulary = sorted(numbered, key=numbered.__getitem__)
    spec.register_vocabulary(["" if token == EMPTY else token for token in vocabulary])
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{code}|>") for code in _LANGUAGE_CODES]
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.alignment_heads = [[0, 0], [1, 1]]
    spec.validate()
    spec.save(str(folder))
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES * 20, trainer)
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES]
    tasks = "translate transcribe startoflm startofprev nospeech notimestamps".split()
    timestamps = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks)]
    tokenizer.add_tokens([EMPTY])
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
    tokenizer.add_tokens(timestamps)
    return tokenizer


def _fill(layer: Any, name: str, vocabulary_size: int, random: np.random.Generator) -> None:
    """Give the weight of this name a random value of the shape the name calls for."""
    parent, field = name.rsplit("/", 1)
    shape = _shape(name.startswith("encoder"), parent, vocabulary_size)
    if field in ("weight", "encodings"):
        setattr(layer, field, random.normal(0, 0.3, shape).astype(np.float32))
    elif field in ("gamma", "beta"):
        setattr(layer, field, np.full(WIDTH, float(field == "gamma"), np.float32))
    elif field == "bias" and not parent.endswith("projection"):
        setattr(layer, field, np.zeros(shape[0], np.float32))


def _shape(encoder: bool, parent: str, vocabulary_size: int) -> tuple[int, ...]:
    shapes = {
        "conv1": (WIDTH, MELS, 3),
        "conv2": (WIDTH, WIDTH, 3),
        "position_encodings": (1500 if encoder else 448, WIDTH),
        "embeddings": (vocabulary_size, WIDTH),
        "projection": (vocabulary_size, WIDTH),
        "self_attention/linear_0": (3 * WIDTH, WIDTH),
        "/attention/linear_1": (2 * WIDTH, WIDTH),
        "ffn/linear_0": (4 * WIDTH, WIDTH),
        "ffn/linear_1": (WIDTH, 4 * WIDTH),
    }
    return next((shape for ending, shape in shapes.items() if parent.endswith(ending)), (WIDTH, WIDTH))
