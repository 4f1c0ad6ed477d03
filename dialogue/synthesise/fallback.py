"""Voices in order of preference as one voice: when one fails, the next says the rest."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.failover import Breaker
from dialogue.speech import Phone, SpeechChunk, Word
from dialogue.synthesise import Emit, Synthesiser


@dataclass(slots=True)
class Engine:
    """One voice of a `FallbackVoice`: opened when first needed."""

    name: str
    open: Callable[[], Synthesiser]
    voice: Synthesiser | None = None
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(slots=True)
class _Listener:
    """Passes chunks on, and remembers what was passed so that another voice can go on from there."""

    emit: Emit
    seconds: float = 0.0
    words: list[Word] = field(default_factory=list)
    stopped: bool = False
    offset_s: float = 0.0
    """Where the current voice began, on the piece's time line."""

    def __call__(self, chunk: SpeechChunk) -> bool:
        moved = _moved(chunk, self.offset_s)
        self.seconds += moved.seconds
        self.words.extend(moved.words)
        self.stopped = not self.emit(moved)
        return not self.stopped

    def said(self) -> list[Word]:
        return [word for word in self.words if word.end_s <= self.seconds]


class FallbackVoice:
    """`Synthesiser` that speaks with the first of several voices that works.

    A voice that raises EngineError is left alone for a while and tried again later. What it had already spoken is not
    said twice: the next voice goes on after the last word that was spoken, or, from a voice that tells no words, says
    nothing more of a piece that was begun.
    """

    def __init__(self, engines: Sequence[Engine], now_s: Callable[[], float] = time.monotonic) -> None:
        """Open the first voice that can be opened. Raises EngineUnavailable when none can."""
        self._engines, self._now_s = tuple(engines), now_s
        self._rate = 1.0
        self.name = ""
        """Of the voice that spoke last, or will speak."""
        self.sample_rate_hz = self._first_working()[1].sample_rate_hz

    @property
    def rate(self) -> float:
        """Tempo of whichever voice speaks."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = rate

    def speak(self, text: str, emit: Emit) -> None:
        """Speak one piece; see `Synthesiser`. The rate is in each chunk; it changes with the voice."""
        listener = _Listener(emit)
        while True:
            engine, voice = self._first_working()
            voice.rate, listener.offset_s = self._rate, listener.seconds
            try:
                voice.speak(text, listener)
            except EngineError:
                engine.breaker = engine.breaker.failed(self._now_s())
                if listener.stopped or not any(self._may_be_tried(other) for other in self._engines):
                    raise
            else:
                engine.breaker = engine.breaker.succeeded()
                return
            text = text_after(text, listener.said()) if listener.words or not listener.seconds else ""
            listener.words.clear()

    def _may_be_tried(self, engine: Engine) -> bool:
        return engine.breaker.allows(self._now_s())

    def _first_working(self) -> tuple[Engine, Synthesiser]:
        """Find the voice to speak with, opening it if need be. When all of them rest, each is tried all the same."""
        reasons = []
        for engine in list(filter(self._may_be_tried, self._engines)) or self._engines:
            try:
                engine.voice = engine.voice or engine.open()
            except EngineError as error:
                engine.breaker = engine.breaker.failed(self._now_s())
                reasons.append(f"{engine.name}: {error}")
                continue
            self.name, self.sample_rate_hz = engine.name, engine.voice.sample_rate_hz
            return engine, engine.voice
        raise EngineUnavailable("no voice works. " + "; ".join(reasons))


def text_after(text: str, said: Sequence[Word]) -> str:
    """Give what remains of a text after the words that were said, found in order as they are written."""
    position = 0
    for word in said:
        found = re.compile(re.escape(word.text), re.IGNORECASE).search(text, position)
        position = found.end() if found else position
    return text[position:]


def _moved(chunk: SpeechChunk, by_s: float) -> SpeechChunk:
    """Put a chunk later on the time line."""
    if not by_s:
        return chunk
    phones = tuple(Phone(p.symbol, p.start_s + by_s, p.end_s + by_s) for p in chunk.phones)
    words = tuple(Word(w.text, w.start_s + by_s, w.end_s + by_s) for w in chunk.words)
    return SpeechChunk(chunk.samples, chunk.sample_rate_hz, phones, words)
