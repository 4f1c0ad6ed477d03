"""What the agent's voice is made of: samples with the times of the phones and words in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Mono sound in [-1, 1], shape [n]."""

SILENCE = "pau"
PHONES = (
    *"aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh".split(),
    SILENCE,
)
"""ARPAbet in lower case without stress, as flite and pocketsphinx name them, and silence.

Voices with other inventories map each of their phones to the nearest of these, so that every later stage knows one
set. Affricates and diphthongs are one phone.
"""


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of a piece of speech; times in seconds from the piece's first sample."""

    symbol: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, with times in seconds from the first sample of its piece or utterance."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """The next samples of a spoken piece, and whatever became known about its phones and words with them.

    `phones` and `words` are those not yet reported by an earlier chunk of the piece, in order; a voice that knows all
    of them at the start reports them with its first chunk, one that knows none leaves them empty.
    """

    samples: Samples
    sample_rate_hz: int
    phones: tuple[Phone, ...] = ()
    words: tuple[Word, ...] = ()

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.sample_rate_hz
