"""What the voice tests share: collecting what a voice emits, and hearing it with a recogniser."""

from collections.abc import Iterable

import numpy as np
import pocketsphinx

from dialogue.speech import Phone, Samples, SpeechChunk, Word
from dialogue.synthesise import Synthesiser

PLAIN_SENTENCES = (
    "the car park is behind the building",
    "please take a seat and wait for a moment",
    "the train leaves from the station in ten minutes",
    "you can get a cup of coffee on the second floor",
    "it was very nice to talk to you today",
)


class Listener:
    """An `Emit` that keeps every chunk and refuses after `limit` of them."""

    def __init__(self, limit: int | None = None) -> None:
        self.chunks: list[SpeechChunk] = []
        self.limit = limit

    def __call__(self, chunk: SpeechChunk) -> bool:
        self.chunks.append(chunk)
        return len(self.chunks) != self.limit


def spoken(voice: Synthesiser, text: str) -> list[SpeechChunk]:
    listener = Listener()
    voice.speak(text, listener)
    return listener.chunks


def samples_of(chunks: list[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def seconds_of(chunks: list[SpeechChunk]) -> float:
    return sum(chunk.seconds for chunk in chunks)


def phones_of(chunks: list[SpeechChunk]) -> list[Phone]:
    return [phone for chunk in chunks for phone in chunk.phones]


def words_of(chunks: list[SpeechChunk]) -> list[Word]:
    return [word for chunk in chunks for word in chunk.words]


def recognised(sounds: Iterable[Samples]) -> list[str]:
    """What pocketsphinx hears in stretches of 16 kHz samples, one after the other."""
    decoder = pocketsphinx.Decoder(fwdflat=False, loglevel="FATAL")
    heard = []
    for samples in sounds:
        decoder.start_utt()
        decoder.process_raw((samples * 32767).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        heard.append(str(hypothesis.hypstr) if hypothesis else "")
    return heard
