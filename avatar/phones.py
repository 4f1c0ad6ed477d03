"""Phones of any recorded speech, for moving a mouth to a voice that does not report its own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pocketsphinx import Decoder, get_model_path

from dialogue.errors import EngineUnavailable
from dialogue.speech import PHONES, SILENCE, Phone, Samples

_FRAME_S = 0.01


class PhoneDecoder:
    """Recognises phones without any words (pocketsphinx `allphone`, English); not thread-safe.

    Speech of other languages comes out as the nearest English phones, which is what a mouth needs.
    """

    sample_rate_hz = 16_000

    def __init__(self) -> None:
        """Load the model. Raises EngineUnavailable when pocketsphinx came without it."""
        model = Path(get_model_path()) / "en-us" / "en-us-phone.lm.bin"
        if not model.exists():
            raise EngineUnavailable(f"pocketsphinx came without its phone model ({model}): install pocketsphinx again")
        self._decoder = Decoder(
            lm=None, allphone=str(model), lw=2.0, beam=1e-20, pbeam=1e-20, loglevel="FATAL", cmn="batch"
        )

    def decode(self, samples: Samples) -> list[Phone]:
        """Give the phones of a recording at 16 kHz in order; blocks about a tenth of its duration."""
        self._decoder.start_utt()
        self._decoder.process_raw(pcm_of(samples), full_utt=True)
        self._decoder.end_utt()
        found = [
            Phone(symbol_of(s.word), s.start_frame * _FRAME_S, (s.end_frame + 1) * _FRAME_S)
            for s in self._decoder.seg() or ()
        ]
        return _with_whole_pauses(found)


def pcm_of(samples: Samples) -> bytes:
    """Give 16-bit samples at full level, as pocketsphinx reads them."""
    loudest = max(float(np.abs(samples).max(initial=0.0)), 1e-3)
    return bytes(np.round(samples / loudest * 20000).astype(np.int16).data)


def symbol_of(name: str) -> str:
    """Give the phone that pocketsphinx calls by a name of its own; noises and unknown ones are silence."""
    symbol = name.lower().rstrip("012")
    return symbol if symbol in PHONES else SILENCE


def _with_whole_pauses(phones: Sequence[Phone]) -> list[Phone]:
    """Join silences that follow each other: pocketsphinx cuts a long pause into many."""
    joined: list[Phone] = []
    for phone in phones:
        if joined and phone.symbol == joined[-1].symbol == SILENCE:
            joined[-1] = Phone(SILENCE, joined[-1].start_s, phone.end_s)
        else:
            joined.append(phone)
    return joined
