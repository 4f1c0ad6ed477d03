"""VITS voices by Hugging Face transformers (an extra; needs torch): many languages, natural, a sentence at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.section import Section
from dialogue.speech import Samples, SpeechChunk
from dialogue.synthesise import Emit
from dialogue.synthesise.espeak import ipa_of
from dialogue.synthesise.runs import runs_of


class VitsSettings(Section):
    """Section `vits`."""

    model: str = Field("kakao-enterprise/vits-ljs", description="a folder, or the name of a downloaded model")
    language: str = Field("en-us", description="in which it reads, for models that read phones")
    speaker: int = Field(0, ge=0, description="which one, for models with several")
    threads: int = Field(1, ge=1, le=64, description="processor cores it may use; the face needs one")


CHUNK_SAMPLES = 1024
RUN_CHARACTERS = 200
"""Longest text rendered at once: a sentence."""


class VitsVoice:
    """`Synthesiser` by a VITS model. It tells no phones; lips then follow the sound alone."""

    def __init__(self, settings: VitsSettings, rate: float = 1.0) -> None:
        """Load the model; blocks for seconds, downloads nothing. Raises EngineUnavailable when something is missing."""
        self._tokenizer, self._model = _load(settings)
        self._reads_phones = bool(getattr(self._tokenizer, "phonemize", False))
        self._tokenizer.phonemize = False  # its own way needs another program; espeak-ng is here anyway
        self._language = settings.language
        self._speaker = settings.speaker if self._model.config.num_speakers > 1 else None
        self.sample_rate_hz = int(self._model.config.sampling_rate)
        self.rate = rate

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece; see `Synthesiser`. Blocks while a sentence is rendered, and stops between chunks."""
        for run in runs_of(text, RUN_CHARACTERS):
            if any(map(str.isalnum, run)) and not all(map(emit, self._chunks(self._render(run)))):
                return

    def _render(self, run: str) -> Samples:
        import torch

        self._model.speaking_rate = self._model.config.speaking_rate * self.rate
        try:
            tokens = self._tokenizer(ipa_of(run, self._language) if self._reads_phones else run, return_tensors="pt")
            if tokens["input_ids"].shape[1] < 2:
                return np.zeros(0, np.float32)
            with torch.inference_mode():
                waveform = self._model(**tokens, speaker_id=self._speaker).waveform
        except (RuntimeError, ValueError, IndexError) as exc:
            raise EngineError(f"the VITS voice could not speak {run[:40]!r}: {exc}") from exc
        samples: Samples = np.clip(waveform[0].numpy(), -1, 1).astype(np.float32)
        return samples

    def _chunks(self, samples: Samples) -> Iterator[SpeechChunk]:
        for start in range(0, len(samples), CHUNK_SAMPLES):
            yield SpeechChunk(samples[start : start + CHUNK_SAMPLES], self.sample_rate_hz)


def _load(settings: VitsSettings) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoTokenizer, VitsModel
    except ImportError as exc:
        raise EngineUnavailable(
            "VITS voices need an extra: .venv/bin/pip install 'transformers>=5,<6' 'torch>=2.6,<3'"
        ) from exc
    torch.set_num_threads(settings.threads)
    try:
        tokenizer = AutoTokenizer.from_pretrained(settings.model, local_files_only=True)
        model = VitsModel.from_pretrained(settings.model, local_files_only=True)
    except (OSError, ValueError) as exc:
        message = f"the VITS voice '{settings.model}' is not on this machine: ./visavis models pull"
        raise EngineUnavailable(message) from exc
    return tokenizer, model.eval()
