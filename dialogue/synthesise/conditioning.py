"""Chunks of any voice brought to one rate and one loudness."""

import numpy as np

from dialogue.audio import Resampler
from dialogue.speech import Phone, Samples, SpeechChunk, Word
from dialogue.synthesise.loudness import Evener


class Conditioner:
    """Resamples and evens a voice, piece after piece; chunks of any length add up to the whole's result.

    Samples lag behind inside a piece and are complete after `flush`; phones and words keep their times, which are
    those of the piece, and go with the next samples that come out.
    """

    def __init__(self, output_rate_hz: int, target_dbfs: float) -> None:
        self.output_rate_hz = output_rate_hz
        self.evener = Evener(output_rate_hz, target_dbfs)
        self._resampler = Resampler(output_rate_hz, output_rate_hz)
        self._phones: tuple[Phone, ...] = ()
        self._words: tuple[Word, ...] = ()

    def begin(self) -> None:
        """Start a piece, dropping what is left of one that was stopped."""
        self._resampler.reset()
        self.evener.flush()
        self._phones, self._words = (), ()

    def push(self, chunk: SpeechChunk) -> SpeechChunk:
        """Take the next chunk and return what is ready; another rate means that another voice took over."""
        finished = self._change_voice(chunk.sample_rate_hz) if chunk.sample_rate_hz != self._resampler.from_hz else None
        ready = self.evener.push(self._resampler.push(chunk.samples))
        self._phones += chunk.phones
        self._words += chunk.words
        return self._with_times(ready if finished is None else np.concatenate([finished, ready]))

    def flush(self) -> SpeechChunk:
        """Return what is still inside; the piece has ended."""
        return self._with_times(self._drained())

    def _change_voice(self, from_hz: int) -> Samples:
        finished = self._drained()
        self.evener.forget()
        self._resampler = Resampler(from_hz, self.output_rate_hz)
        return finished

    def _drained(self) -> Samples:
        resampled = self.evener.push(self._resampler.flush())
        drained = np.concatenate([resampled, self.evener.flush()])
        self._resampler.reset()
        return drained

    def _with_times(self, samples: Samples) -> SpeechChunk:
        if not len(samples):
            return SpeechChunk(samples, self.output_rate_hz)
        phones, words, self._phones, self._words = self._phones, self._words, (), ()
        return SpeechChunk(samples, self.output_rate_hz, phones, words)
