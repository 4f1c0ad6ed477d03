"""Piper voices: VITS models in ONNX, natural and quick on a CPU; they run on what Visavis installs anyway.

A voice is a file NAME.onnx with NAME.onnx.json beside it (https://github.com/OHF-Voice/piper1-gpl describes them; each
voice has a licence of its own). Piper's program is not needed: espeak-ng pronounces, ONNX Runtime speaks.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from pydantic import BaseModel, Field, ValidationError

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.section import Section
from dialogue.speech import Phone, Samples, SpeechChunk
from dialogue.synthesise import Emit
from dialogue.synthesise.espeak import ipa_of
from dialogue.synthesise.ipa import phones_of_ipa
from dialogue.synthesise.runs import runs_of


class PiperSettings(Section):
    """Section `piper`."""

    voice: str = Field("", description="path of a voice, NAME.onnx, with NAME.onnx.json beside it")
    speaker: int = Field(0, ge=0, description="which one, for voices with several")
    threads: int = Field(1, ge=1, le=64, description="processor cores it may use; the face needs one")


CHUNK_SAMPLES = 1024
RUN_CHARACTERS = 200
"""Longest text rendered at once: a sentence."""
_PAD, _BEGIN, _END = "_", "^", "$"


class _Audio(BaseModel):
    sample_rate: int = Field(gt=0)


class _Espeak(BaseModel):
    voice: str


class _Inference(BaseModel):
    noise_scale: float = 0.667
    length_scale: float = 1.0
    noise_w: float = 0.8


class _VoiceFile(BaseModel):
    """NAME.onnx.json, as far as it matters here."""

    audio: _Audio
    espeak: _Espeak
    inference: _Inference = _Inference()
    phoneme_id_map: dict[str, tuple[int, ...]]
    num_speakers: int = 1
    hop_length: int = 256


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A run of speech; `frames` is how many hops each symbol lasts, where the model tells."""

    samples: Samples
    frames: tuple[int, ...] = ()


class PiperVoice:
    """`Synthesiser` by a Piper voice. A sentence is rendered whole, then handed over chunk by chunk."""

    def __init__(self, settings: PiperSettings, rate: float = 1.0) -> None:
        """Load the voice (a second). Raises EngineUnavailable when it is not there, EngineError when it is damaged."""
        path = Path(settings.voice)
        if not path.is_file() or not path.with_suffix(".onnx.json").is_file():
            raise EngineUnavailable(
                f"the Piper voice '{settings.voice}' is not there: put NAME.onnx and NAME.onnx.json into one folder and"
                " name the first in synthesise.piper.voice"
            )
        self.rate = rate
        self._file = _read_voice_file(path.with_suffix(".onnx.json"))
        self.sample_rate_hz = self._file.audio.sample_rate
        self._speaker = min(settings.speaker, self._file.num_speakers - 1)
        self._session = _open(path, settings.threads)
        self._inputs = {node.name for node in self._session.get_inputs()}

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece; see `Synthesiser`. Blocks while a sentence is rendered, and stops between chunks."""
        offset_s = 0.0
        for run in runs_of(text, RUN_CHARACTERS):
            if not any(map(str.isalnum, run)):
                continue
            symbols = tuple(unicodedata.normalize("NFD", ipa_of(run, self._file.espeak.voice)))
            ids, owners = _ids(symbols, self._file.phoneme_id_map)
            rendered = self._render(ids)
            phones = tuple(_phones(symbols, owners, rendered.frames, self._file, offset_s))
            if not all(map(emit, _in_chunks(rendered.samples, self.sample_rate_hz, phones))):
                return
            offset_s += len(rendered.samples) / self.sample_rate_hz

    def _render(self, ids: Sequence[int]) -> _Rendered:
        inference = self._file.inference
        scales = [inference.noise_scale, inference.length_scale / self.rate, inference.noise_w]
        values = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
            "sid": np.array([self._speaker], np.int64),
        }
        try:
            outputs = self._session.run(None, {name: value for name, value in values.items() if name in self._inputs})
        except Exception as exc:
            raise EngineError(f"the Piper voice failed: {exc}") from exc
        samples = np.clip(outputs[0].reshape(-1), -1, 1).astype(np.float32)
        frames = tuple(np.round(outputs[1].reshape(-1)).astype(int).tolist()) if len(outputs) > 1 else ()
        return _Rendered(samples, frames if len(frames) == len(ids) else ())


def _read_voice_file(path: Path) -> _VoiceFile:
    try:
        return _VoiceFile.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as exc:
        raise EngineError(f"{path} does not describe a Piper voice: fetch it again") from exc


def _open(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as exc:
        raise EngineError(f"{path} is no voice that can be loaded: fetch it again") from exc


def _ids(symbols: Sequence[str], id_map: Mapping[str, Sequence[int]]) -> tuple[list[int], list[int]]:
    """Give the numbers that the model reads, a pad after each symbol, and for each the symbol it belongs to (or -1)."""
    pad = list(id_map.get(_PAD, ()))
    ids, owners = [*id_map.get(_BEGIN, ()), *pad], [-1] * (len(id_map.get(_BEGIN, ())) + len(pad))
    for index, symbol in enumerate(symbols):
        numbers = [*id_map[symbol], *pad] if symbol in id_map else []
        ids += numbers
        owners += [index] * len(numbers)
    ids += id_map.get(_END, ())
    owners += [-1] * len(id_map.get(_END, ()))
    return ids, owners


def _phones(
    symbols: Sequence[str], owners: Sequence[int], frames: Sequence[int], file: _VoiceFile, offset_s: float
) -> Iterator[Phone]:
    """Give the phones with their times, for voices that tell how long each symbol lasts; others give none."""
    if not frames:
        return
    seconds = file.hop_length / file.audio.sample_rate
    edges = [offset_s + hops * seconds for hops in accumulate(frames, initial=0)]
    name, start_s = "", offset_s
    for owner, (begin_s, _) in zip(owners, pairwise(edges), strict=True):
        symbol = symbols[owner] if owner >= 0 else ""
        if _is_mark(symbol) or symbol == name:
            continue
        if begin_s > start_s:
            yield Phone(phones_of_ipa(name)[0], start_s, begin_s)
        name, start_s = symbol, begin_s
    if edges[-1] > start_s:
        yield Phone(phones_of_ipa(name)[0], start_s, edges[-1])


def _is_mark(symbol: str) -> bool:
    """Tell whether a symbol has no sound of its own: it lengthens or stresses the one beside it."""
    return bool(symbol) and (symbol in "ˈˌːˑʰʲʷˠˤ" or bool(unicodedata.combining(symbol)))


def _in_chunks(samples: Samples, sample_rate_hz: int, phones: tuple[Phone, ...]) -> Iterator[SpeechChunk]:
    """Cut what was rendered into chunks; all phones go with the first."""
    for start in range(0, len(samples), CHUNK_SAMPLES):
        yield SpeechChunk(samples[start : start + CHUNK_SAMPLES], sample_rate_hz, () if start else phones)
