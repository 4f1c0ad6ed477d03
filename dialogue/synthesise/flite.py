"""The built-in English voice: CMU flite's shared libraries, called through their C interface.

flite streams: the first samples of a sentence come after some 15 ms, and by then it has planned the whole sentence, so
the first chunk carries every phone and word with its time.
"""

import ctypes
import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from pydantic import Field

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.section import Section
from dialogue.speech import PHONES, SILENCE, Phone, Samples, SpeechChunk, Word
from dialogue.synthesise import Emit
from dialogue.synthesise.runs import runs_of


class FliteSettings(Section):
    """Section `flite`."""

    voice: Literal["rms", "slt", "awb"] = Field("slt", description="rms and awb are men, slt is a woman")


CHUNK_SAMPLES = 320
"""Least size of a chunk at 16 kHz; a stop takes effect within one."""
LEAD_IN_S = 0.02
"""Silence kept before the first phone of a run; flite itself puts 0.1 to 0.2 s there, which would delay every reply."""

_CONTINUE, _STOP = 0, -1
_OTHER_PHONES = {"axr": "er", "dx": "d", "el": "l", "em": "m", "en": "n", "ix": "ih", "nx": "n", "ux": "uw"}
_SPELLED = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    "ð": "th", "þ": "th", "ı": "i", "‘": "'", "’": "'", "“": '"', "”": '"', "–": " - ", "—": " - ", "…": "...",
    "€": " euros ", "£": " pounds ", "¥": " yen ", "°": " degrees ", "×": " times ", "÷": " divided by ",
    "±": " plus or minus ", "µ": " micro ", "©": " copyright ", "№": " number ",
}  # fmt: skip


class _Wave(ctypes.Structure):
    """`cst_wave`."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class _Streaming(ctypes.Structure):
    """`cst_audio_streaming_info`; its fields follow its own callback type."""


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(_Wave), ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Streaming)
)
_Streaming._fields_ = (
    ("min_buffsize", ctypes.c_int),
    ("asc", _Callback),
    ("utt", ctypes.c_void_p),
    ("item", ctypes.c_void_p),
    ("userdata", ctypes.c_void_p),
)


class _Voice(ctypes.Structure):
    """The first fields of `cst_voice`."""

    _fields_ = (("name", ctypes.c_char_p), ("features", ctypes.c_void_p))


_pointer, _string = ctypes.c_void_p, ctypes.c_char_p
_PROTOTYPES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("flite_init", ctypes.c_int, ()),
    ("flite_synth_text", _pointer, (_string, _pointer)),
    ("delete_utterance", None, (_pointer,)),
    ("new_audio_streaming_info", ctypes.POINTER(_Streaming), ()),
    ("audio_streaming_info_val", _pointer, (_pointer,)),
    ("feat_set", None, (_pointer, _string, _pointer)),
    ("feat_set_float", None, (_pointer, _string, ctypes.c_float)),
    ("utt_relation", _pointer, (_pointer, _string)),
    ("relation_head", _pointer, (_pointer,)),
    ("item_next", _pointer, (_pointer,)),
    ("item_daughter", _pointer, (_pointer,)),
    ("item_last_daughter", _pointer, (_pointer,)),
    ("item_feat_float", ctypes.c_float, (_pointer, _string)),
    ("item_feat_string", _string, (_pointer, _string)),
    ("ffeature_float", ctypes.c_float, (_pointer, _string)),
)

_one_at_a_time = threading.Lock()
"""flite's voices are static structures shared by the whole program."""


@cache
def _library() -> Any:
    """Load flite and its English front end, once. Raises EngineUnavailable."""
    try:
        flite = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        for name in ("cmulex", "usenglish"):  # the voices' libraries expect these to be there
            ctypes.CDLL(f"libflite_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    except OSError as exc:
        raise EngineUnavailable("the voice 'flite' is not installed: apt-get install libflite1") from exc
    for name, result, arguments in _PROTOTYPES:
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
    flite.flite_init()
    return flite


@cache
def _voice(name: str) -> int:
    """Register a voice, once; gives its address. Raises EngineUnavailable."""
    try:
        register = getattr(ctypes.CDLL(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    except OSError as exc:
        message = f"flite's voice '{name}' is not installed: apt-get install libflite1"
        raise EngineUnavailable(message) from exc
    register.restype, register.argtypes = _pointer, (_pointer,)
    return int(register(None))


def spell_in_ascii(text: str) -> str:
    """Write text with the characters flite can read: accents dropped, symbols in words, the rest left out."""
    spelled = "".join(_SPELLED.get(character, character) for character in text)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[\x00-\x20\x7f]+", " ", plain).strip()


@dataclass(slots=True)
class _Speaking:
    """State of one call of `FliteVoice.speak`, shared with flite's callback."""

    emit: Emit
    emitted_samples: int = 0
    """Over all runs of the piece."""
    drop_samples: int = 0
    """Leading silence of the current run still to be dropped."""
    planned: bool = False
    """Whether phones and words of the current run were read."""
    phones: tuple[Phone, ...] = ()
    words: tuple[Word, ...] = ()
    """Read, and waiting for the first samples to go with."""
    stopped: bool = False
    error: list[BaseException] = field(default_factory=list)


class FliteVoice:
    """`Synthesiser` by flite. Several may exist; they take turns, piece by piece."""

    sample_rate_hz = 16_000

    def __init__(self, settings: FliteSettings, rate: float = 1.0) -> None:
        """Load the voice (some 20 ms). Raises EngineUnavailable when its libraries are missing."""
        self.rate = rate
        self._flite = _library()
        self._voice = _voice(settings.voice)
        self._features = ctypes.cast(self._voice, ctypes.POINTER(_Voice)).contents.features
        self._callback = _Callback(self._take)  # kept alive here for as long as flite may call it
        self._speaking: _Speaking | None = None

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece; see `Synthesiser`. Stops within 20 ms of sound after `emit` returned False."""
        speaking = _Speaking(emit)
        for run in runs_of(text):
            ascii_run = spell_in_ascii(run)
            if not any(map(str.isalnum, ascii_run)):
                continue
            self._speak_run(ascii_run, speaking)
            if speaking.error:
                raise speaking.error[0]
            if speaking.stopped:
                return

    def _speak_run(self, text: str, speaking: _Speaking) -> None:
        speaking.planned = False
        with _one_at_a_time:
            self._speaking = speaking
            self._listen()
            utterance = self._flite.flite_synth_text(text.encode(), self._voice)
            self._speaking = None
            if not utterance:
                raise EngineError(f"flite could not speak {text[:40]!r}: choose another voice in config.yaml")
            self._flite.delete_utterance(utterance)

    def _listen(self) -> None:
        """Point the shared voice at this object; flite frees the previous streaming information."""
        streaming = self._flite.new_audio_streaming_info()
        streaming.contents.asc, streaming.contents.min_buffsize = self._callback, CHUNK_SAMPLES
        value = self._flite.audio_streaming_info_val(ctypes.cast(streaming, _pointer))
        self._flite.feat_set(self._features, b"streaming_info", value)
        self._flite.feat_set_float(self._features, b"duration_stretch", 1.0 / self.rate)

    def _take(self, wave: Any, start: int, size: int, _last: int, streaming: Any) -> int:
        """Take flite's next samples (its callback): `size` samples from `start`."""
        speaking = self._speaking
        if speaking is None or size <= 0:
            return _CONTINUE
        try:
            self._plan(speaking, streaming.contents.utt)
            speaking.stopped = not self._pass_on(speaking, _copy(wave.contents, start, size))
        except BaseException as exc:  # noqa: BLE001  C cannot carry it; speak() raises it again
            speaking.error.append(exc)
            speaking.stopped = True
        return _STOP if speaking.stopped else _CONTINUE

    def _pass_on(self, speaking: _Speaking, samples: Samples) -> bool:
        """Emit the samples without the leading silence that is to go."""
        dropped = min(speaking.drop_samples, len(samples))
        speaking.drop_samples -= dropped
        if dropped == len(samples):
            return True
        chunk = SpeechChunk(samples[dropped:], self.sample_rate_hz, speaking.phones, speaking.words)
        speaking.phones = speaking.words = ()
        speaking.emitted_samples += len(chunk.samples)
        return speaking.emit(chunk)

    def _plan(self, speaking: _Speaking, utterance: int | None) -> None:
        """Read phones and words of the run when its first samples come."""
        if speaking.planned or not utterance:
            return
        speaking.planned = True
        phones = self._phones(utterance)
        lead_in_s = phones[0].end_s if phones and phones[0].symbol == SILENCE else 0.0
        speaking.drop_samples = max(0, round((lead_in_s - LEAD_IN_S) * self.sample_rate_hz))
        earliest_s = speaking.emitted_samples / self.sample_rate_hz
        shift_s = earliest_s - speaking.drop_samples / self.sample_rate_hz
        speaking.phones = tuple(
            Phone(p.symbol, max(p.start_s + shift_s, earliest_s), p.end_s + shift_s) for p in phones
        )
        speaking.words = tuple(Word(w.text, w.start_s + shift_s, w.end_s + shift_s) for w in self._words(utterance))

    def _items(self, utterance: int, relation: bytes) -> Iterator[int]:
        item = self._flite.relation_head(self._flite.utt_relation(utterance, relation))
        while item:
            yield item
            item = self._flite.item_next(item)

    def _phones(self, utterance: int) -> list[Phone]:
        phones, start_s = [], 0.0
        for item in self._items(utterance, b"Segment"):
            end_s = float(self._flite.item_feat_float(item, b"end"))
            phones.append(Phone(_symbol(self._flite.item_feat_string(item, b"name").decode()), start_s, end_s))
            start_s = end_s
        return phones

    def _words(self, utterance: int) -> Iterator[Word]:
        """Words as written: flite's tokens; "25" is one although two words are spoken."""
        for token in self._items(utterance, b"Token"):
            first, last = self._flite.item_daughter(token), self._flite.item_last_daughter(token)
            if first:
                yield Word(
                    self._flite.item_feat_string(token, b"name").decode(),
                    float(self._flite.ffeature_float(first, _WORD_START)),
                    float(self._flite.ffeature_float(last, _WORD_END)),
                )


_WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_WORD_END = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


def _symbol(name: str) -> str:
    symbol = _OTHER_PHONES.get(name, name)
    return symbol if symbol in PHONES else SILENCE


def _copy(wave: _Wave, start: int, size: int) -> Samples:
    samples = np.ctypeslib.as_array(wave.samples, (start + size,))[start:]
    return (samples / np.float32(32768)).astype(np.float32)
