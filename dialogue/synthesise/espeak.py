"""The built-in voice for a hundred languages: the espeak-ng shared library, called through its C interface.

Plain to the ear and instant: a sentence takes a few milliseconds, so it is rendered whole and its phones and words come
with the first chunk.
"""

import ctypes
import difflib
import re
import threading
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import Field

from dialogue.errors import ConfigError, EngineError, EngineUnavailable
from dialogue.section import Section
from dialogue.speech import SILENCE, Phone, Samples, SpeechChunk, Word
from dialogue.synthesise import Emit
from dialogue.synthesise.ipa import phones_of_ipa
from dialogue.synthesise.runs import runs_of


class EspeakSettings(Section):
    """Section `espeak`."""

    language: str = Field("en-us", description="language code; `espeak-ng --voices` lists them")
    variant: str = Field("f5", pattern=r"^[A-Za-z0-9_-]*$", description="timbre: f1..f5, m1..m8, croak, whisper; empty")
    pitch: int = Field(50, ge=0, le=99, description="base pitch, 50 is the variant's own")


CHUNK_SAMPLES = 1024
LEAD_IN_S = 0.02
"""Silence kept before the first phone."""
WORDS_PER_MINUTE = 165
"""At rate 1."""
PUNCTUATION = ".,;:!?()[]{}\"'«»“”„‘’¿¡…—–-"
"""Not part of a word where it stands at its edge."""
TOKEN_CHARACTERS = 200
"""Longest unbroken token; some languages write no spaces."""

_SYNCHRONOUS = 2
_PHONES_IN_IPA_NEVER_EXIT = 0x0001 | 0x0002 | 0x8000
_UTF8 = 1
_IPA = 2
_CLAUSE_ENDS = ".,;:!?…–—"
_CLAUSES = re.compile(rf"[^{_CLAUSE_ENDS}]+[{_CLAUSE_ENDS}]*")
_RATE, _PITCH = 1, 3
_END, _WORD, _PHONEME = 0, 1, 7


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    """`espeak_EVENT`."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


class _ListedVoice(ctypes.Structure):
    """The first fields of `espeak_VOICE`."""

    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p))


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))

_one_at_a_time = threading.Lock()
"""espeak-ng has one voice, one callback and one set of parameters for the whole program."""


@dataclass(slots=True)
class _Rendering:
    """What espeak-ng's callback has brought of the current run."""

    blocks: list[Samples] = field(default_factory=list)
    phones: list[tuple[int, str]] = field(default_factory=list)
    """First sample and name in IPA."""
    words: list[tuple[int, int]] = field(default_factory=list)
    """First sample and position in the text, from 0."""

    def take(self, wave: Any, samples: int, events: Any) -> int:
        """Take the next samples and events (espeak-ng's callback); 0 asks for more."""
        if wave and samples > 0:
            self.blocks.append(np.ctypeslib.as_array(wave, (samples,)) / np.float32(32768))
        index = 0
        while events[index].type != _END:
            self._note(events[index])
            index += 1
        return 0

    def _note(self, event: Any) -> None:
        if event.type == _PHONEME:
            self.phones.append((event.sample, event.id.string.decode(errors="ignore")))
        elif event.type == _WORD:
            self.words.append((event.sample, event.text_position - 1))


@dataclass(frozen=True, slots=True)
class _Library:
    """espeak-ng, started."""

    espeak: Any
    sample_rate_hz: int
    identifiers: dict[str, str]
    """Language code to the name under which espeak-ng knows its best voice."""


@cache
def _library() -> _Library:
    """Load and start espeak-ng, once. Raises EngineUnavailable."""
    try:
        espeak = ctypes.CDLL("libespeak-ng.so.1")
    except OSError as exc:
        message = "the voice 'espeak-ng' is not installed: apt-get install libespeak-ng1 espeak-ng-data"
        raise EngineUnavailable(message) from exc
    sample_rate_hz = espeak.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONES_IN_IPA_NEVER_EXIT)
    if sample_rate_hz <= 0:
        raise EngineUnavailable("espeak-ng finds no voice data: apt-get install espeak-ng-data")
    espeak.espeak_Synth.argtypes = (
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    )
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    espeak.espeak_TextToPhonemes.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)
    espeak.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_ListedVoice))
    return _Library(espeak, sample_rate_hz, dict(_listed(espeak.espeak_ListVoices(None))))


def _listed(voices: Any) -> Iterator[tuple[str, str]]:
    """Language codes with voice identifiers, the less preferred first, so that a dict keeps the best."""
    rows: list[tuple[int, str, str]] = []
    index = 0
    while voices[index]:
        voice = voices[index].contents
        identifier = voice.identifier.decode()
        if not identifier.startswith("mb/"):  # MBROLA voices are listed whether installed or not
            rows.extend((priority, code, identifier) for priority, code in _languages(voice.languages))
        index += 1
    return ((code, identifier) for _, code, identifier in sorted(rows, reverse=True))


def _languages(address: int) -> Iterator[tuple[int, str]]:
    """Priority (small is better) and code of each language: a byte and a C string each, ended by a zero byte."""
    while priority := ctypes.c_ubyte.from_address(address).value:
        code = ctypes.string_at(address + 1)
        yield priority, code.decode()
        address += 2 + len(code)


def languages() -> tuple[str, ...]:
    """Codes of all languages it speaks. Raises EngineUnavailable."""
    return tuple(sorted(_library().identifiers))


def ipa_of(text: str, language: str) -> str:
    """Write text as it is pronounced, in IPA with stress marks, its punctuation kept: what trained voices read.

    Raises EngineUnavailable, or ConfigError for a language that espeak-ng does not know.
    """
    library = _library()
    name = _identifier(language)
    with _one_at_a_time:
        library.espeak.espeak_SetVoiceByName(name.encode())
        return "".join(_pronounced(library.espeak, part) for part in _CLAUSES.findall(text.replace("\0", " "))).strip()


def _pronounced(espeak: Any, clause: str) -> str:
    """Pronounce one clause with the punctuation that ends it."""
    words = clause.rstrip(_CLAUSE_ENDS + " ")
    rest, heard = ctypes.c_char_p(words.encode(errors="ignore")), []
    while rest.value:
        heard.append(espeak.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA).decode())
    end = clause[len(words) :].strip()[:1]
    return f"{' '.join(heard)}{end} " if heard else ""


def _identifier(language: str) -> str:
    """Give the name of a language's best voice. Raises ConfigError with the nearest language."""
    identifiers = _library().identifiers
    if language in identifiers:
        return identifiers[language]
    near = difflib.get_close_matches(language, identifiers, 1, 0.3) or ["en-us"]
    raise ConfigError(f"espeak-ng does not speak {language!r}: did you mean {near[0]!r}?")


class EspeakVoice:
    """`Synthesiser` by espeak-ng. Several may exist; they take turns, piece by piece."""

    def __init__(self, settings: EspeakSettings, rate: float = 1.0) -> None:
        """Load the voice. Raises EngineUnavailable, or ConfigError for a language it does not speak."""
        library = _library()
        self.rate = rate
        self.sample_rate_hz = library.sample_rate_hz
        self._espeak = library.espeak
        self._name = _identifier(settings.language) + (f"+{settings.variant}" if settings.variant else "")
        self._pitch = settings.pitch

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece; see `Synthesiser`. Blocks a few milliseconds a run, and stops between chunks."""
        offset_s = 0.0
        for run in runs_of(text.replace("\0", " "), token_limit=TOKEN_CHARACTERS):
            if not any(map(str.isalnum, run)):
                continue
            whole = self._render(run, offset_s)
            if not all(emit(chunk) for chunk in _in_chunks(whole)):
                return
            offset_s += whole.seconds

    def _render(self, run: str, offset_s: float) -> SpeechChunk:
        rendering = _Rendering()
        callback = _Callback(rendering.take)
        encoded = run.encode(errors="ignore")
        with _one_at_a_time:
            self._set_up(callback)
            failed = self._espeak.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _UTF8, None, None)
        if failed or not rendering.blocks:
            raise EngineError(f"espeak-ng could not speak {run[:40]!r}: choose another language in config.yaml")
        return _assembled(rendering, run, self.sample_rate_hz, offset_s)

    def _set_up(self, callback: Any) -> None:
        if self._espeak.espeak_SetVoiceByName(self._name.encode()):
            raise EngineError(f"espeak-ng cannot load its voice {self._name!r}: apt-get install espeak-ng-data")
        self._espeak.espeak_SetParameter(_RATE, round(WORDS_PER_MINUTE * self.rate), 0)
        self._espeak.espeak_SetParameter(_PITCH, self._pitch, 0)
        self._espeak.espeak_SetSynthCallback(callback)


@dataclass(frozen=True, slots=True)
class _TimeLine:
    """Sample numbers of a rendered run to seconds of the piece."""

    sample_rate_hz: int
    cut_samples: int
    """Leading silence left out."""
    last_sample: int
    offset_s: float

    def seconds(self, sample: int) -> float:
        within = min(max(sample, self.cut_samples), self.last_sample)
        return self.offset_s + (within - self.cut_samples) / self.sample_rate_hz


def _assembled(rendering: _Rendering, run: str, sample_rate_hz: int, offset_s: float) -> SpeechChunk:
    """Put a run together: leading silence cut, times from the piece's first sample."""
    samples = np.concatenate(rendering.blocks)
    first_sound = next((start for start, name in rendering.phones if name), 0)
    cut = max(0, first_sound - round(LEAD_IN_S * sample_rate_hz))
    line = _TimeLine(sample_rate_hz, cut, len(samples), offset_s)
    phones, words = tuple(_phones(rendering.phones, line)), tuple(_words(rendering, run, line))
    return SpeechChunk(samples[cut:].astype(np.float32), sample_rate_hz, phones, words)


def _phones(marks: Sequence[tuple[int, str]], line: _TimeLine) -> Iterator[Phone]:
    """Phones without gaps; one IPA name may be several phones, which share its time evenly."""
    ends = (*marks, (line.last_sample, ""))
    timed = [(line.seconds(start), line.seconds(end), name) for (start, name), (end, _) in pairwise(ends)]
    silence_until_s = next((start_s for start_s, end_s, name in timed if name), line.offset_s)
    if silence_until_s > line.offset_s:
        yield Phone(SILENCE, line.offset_s, silence_until_s)
    for start_s, end_s, name in timed:
        if end_s <= max(start_s, silence_until_s):
            continue
        symbols = phones_of_ipa(name)
        edges = np.linspace(start_s, end_s, len(symbols) + 1).tolist()
        yield from (Phone(symbol, *edge) for symbol, edge in zip(symbols, pairwise(edges), strict=True))


def _words(rendering: _Rendering, run: str, line: _TimeLine) -> Iterator[Word]:
    """Words as written: a token ("25") keeps one entry however many words it is spoken as."""
    spans = [match.span() for match in re.finditer(r"\S+", run)]
    starts: dict[tuple[int, int], int] = {}
    for sample, position in rendering.words:
        span = next((span for span in spans if span[0] <= position < span[1]), None)
        if span and sample < line.last_sample:
            starts.setdefault(span, sample)
    pauses = [sample for sample, name in rendering.phones if not name]
    limits = sorted({*starts.values(), *pauses, line.last_sample})
    for (first, after), sample in starts.items():
        end = limits[bisect_right(limits, sample)]
        yield Word(run[first:after].strip(PUNCTUATION), line.seconds(sample), line.seconds(end))


def _in_chunks(whole: SpeechChunk) -> Iterator[SpeechChunk]:
    """Cut what was rendered into chunks, everything known going with the first."""
    phones, words = whole.phones, whole.words
    for start in range(0, len(whole.samples), CHUNK_SAMPLES):
        yield SpeechChunk(whole.samples[start : start + CHUNK_SAMPLES], whole.sample_rate_hz, phones, words)
        phones, words = (), ()
