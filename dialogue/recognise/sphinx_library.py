"""pocketsphinx's C interface, as its own wheel exports it.

Its Python module holds Python's lock while it decodes, which would stop the face, and cannot mix language models; the
library underneath can do both.
"""

import ctypes
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pocketsphinx

from dialogue.errors import EngineError, EngineUnavailable

FRAMES_PER_SECOND = 100

_pointer, _string, _int = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_PROTOTYPES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("ps_config_init", _pointer, (_pointer,)),
    ("ps_config_free", _int, (_pointer,)),
    ("ps_config_set_str", _pointer, (_pointer, _string, _string)),
    ("ps_config_set_float", _pointer, (_pointer, _string, ctypes.c_double)),
    ("ps_config_set_bool", _pointer, (_pointer, _string, _int)),
    ("ps_init", _pointer, (_pointer,)),
    ("ps_free", _int, (_pointer,)),
    ("ps_start_utt", _int, (_pointer,)),
    ("ps_process_raw", _int, (_pointer, _pointer, ctypes.c_size_t, _int, _int)),
    ("ps_end_utt", _int, (_pointer,)),
    ("ps_get_n_frames", _int, (_pointer,)),
    ("ps_seg_iter", _pointer, (_pointer,)),
    ("ps_seg_next", _pointer, (_pointer,)),
    ("ps_seg_word", _string, (_pointer,)),
    ("ps_seg_frames", None, (_pointer, ctypes.POINTER(_int), ctypes.POINTER(_int))),
    ("ps_seg_prob", _int, (_pointer, _pointer, _pointer, _pointer)),
    ("ps_get_logmath", _pointer, (_pointer,)),
    ("logmath_exp", ctypes.c_double, (_pointer, _int)),
    ("ps_lookup_word", _pointer, (_pointer, _string)),
    ("ckd_free", None, (_pointer,)),
    ("ps_add_word", _int, (_pointer, _string, _string, _int)),
    ("ps_add_lm", _int, (_pointer, _string, _pointer)),
    ("ps_activate_search", _int, (_pointer, _string)),
    ("ngram_model_read", _pointer, (_pointer, _string, _int, _pointer)),
    ("ngram_model_free", _int, (_pointer,)),
    ("ngram_model_set_init", _pointer, (_pointer, _pointer, _pointer, _pointer, ctypes.c_int32)),
    ("ngram_model_set_interp", _pointer, (_pointer, _pointer, _pointer)),
)
_ANY_LM_FORMAT = 0
_SEARCH = b"conversation"


@dataclass(frozen=True, slots=True)
class Segment:
    """A word, silence or noise of the best path: frames from `start` up to `end`, and its posterior in 0..1."""

    label: str
    start: int
    end: int
    posterior: float


@cache
def _library() -> Any:
    """Bind the functions, once. Raises EngineUnavailable when this build of the wheel hides them."""
    library = ctypes.CDLL(pocketsphinx._pocketsphinx.__file__)
    try:
        for name, result, arguments in _PROTOTYPES:
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as exc:
        message = f"this pocketsphinx cannot be used ({exc}): reinstall with `pip install pocketsphinx==5.1.1`"
        raise EngineUnavailable(message) from exc
    return library


class SphinxDecoder:
    """The bundled English model with its general language model. Not thread-safe; calls release Python's lock."""

    def __init__(self, settings: Mapping[str, str | float | bool]) -> None:
        """Load the model; `settings` are pocketsphinx's own. Raises EngineError, EngineUnavailable."""
        self._library = _library()
        self._config = self._library.ps_config_init(None)
        weakref.finalize(self, self._library.ps_config_free, self._config)
        self._configure(
            {
                "hmm": pocketsphinx.get_model_path("en-us/en-us"),
                "dict": pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"),
                "loglevel": "FATAL",
                **settings,
            }
        )
        self._decoder = self._library.ps_init(self._config)
        if not self._decoder:
            raise EngineError(
                "pocketsphinx cannot load its English model: `pip install --force-reinstall pocketsphinx`"
            )
        weakref.finalize(self, self._library.ps_free, self._decoder)
        self._logmath = self._library.ps_get_logmath(self._decoder)

    def knows(self, word: str) -> bool:
        """Say whether a word is in the dictionary."""
        pronunciation = self._library.ps_lookup_word(self._decoder, word.encode())
        self._library.ckd_free(pronunciation)
        return bool(pronunciation)

    def add_word(self, word: str, phones: tuple[str, ...]) -> None:
        """Add a word before `use_language` is called. Raises EngineError for phones there are not."""
        spelled = " ".join(phones).upper().encode()
        if self._library.ps_add_word(self._decoder, word.encode(), spelled, False) < 0:
            raise EngineError(f"pocketsphinx cannot learn the word '{word}': take it out of the vocabulary")

    def use_language(self, domain_arpa: str, domain_weight: float) -> None:
        """Mix the general model with one in ARPA format, which gets `domain_weight` of the probability; "" for none."""
        model = self._read(pocketsphinx.get_model_path("en-us/en-us.lm.bin"))
        if domain_arpa:
            with tempfile.NamedTemporaryFile("w", suffix=".arpa") as file:
                file.write(domain_arpa)
                file.flush()
                model = self._mix(model, self._read(file.name), domain_weight)
        added = self._library.ps_add_lm(self._decoder, _SEARCH, model)
        self._library.ngram_model_free(model)  # the decoder holds its own reference
        if added < 0 or self._library.ps_activate_search(self._decoder, _SEARCH) < 0:
            raise EngineError("pocketsphinx cannot use its language model: take strange words out of the vocabulary")

    def start(self) -> None:
        """Begin an utterance."""
        self._checked(self._library.ps_start_utt(self._decoder))

    def decode(self, pcm: npt.NDArray[np.int16]) -> None:
        """Take the next 16 kHz samples; blocks while they are searched."""
        self._checked(self._library.ps_process_raw(self._decoder, pcm.ctypes.data, len(pcm), False, False))

    def end(self) -> None:
        """End the utterance and search its lattice once more."""
        self._checked(self._library.ps_end_utt(self._decoder))

    def segments(self) -> list[Segment]:
        """Give the best path so far."""
        found: list[Segment] = []
        # Before the first frame there is no path to ask for.
        item = self._library.ps_seg_iter(self._decoder) if self._library.ps_get_n_frames(self._decoder) > 0 else None
        start, end = _int(), _int()
        while item:
            self._library.ps_seg_frames(item, ctypes.byref(start), ctypes.byref(end))
            log_posterior = self._library.ps_seg_prob(item, None, None, None)
            posterior = min(1.0, self._library.logmath_exp(self._logmath, log_posterior))
            label = self._library.ps_seg_word(item).decode()
            found.append(Segment(label, start.value, end.value + 1, posterior))
            item = self._library.ps_seg_next(item)
        return found

    def _configure(self, settings: Mapping[str, str | float | bool]) -> None:
        for name, value in settings.items():
            if isinstance(value, str):
                self._library.ps_config_set_str(self._config, name.encode(), value.encode())
            elif isinstance(value, bool):
                self._library.ps_config_set_bool(self._config, name.encode(), value)
            else:
                self._library.ps_config_set_float(self._config, name.encode(), value)

    def _read(self, path: str) -> int:
        model: int | None = self._library.ngram_model_read(self._config, path.encode(), _ANY_LM_FORMAT, self._logmath)
        if not model:
            raise EngineError(f"pocketsphinx cannot read the language model {path}: reinstall pocketsphinx")
        return model

    def _mix(self, general: int, domain: int, domain_weight: float) -> int:
        models = (_pointer * 2)(general, domain)
        names = (_string * 2)(b"general", b"domain")
        weights = (ctypes.c_float * 2)(1 - domain_weight, domain_weight)
        mixture: int = self._library.ngram_model_set_init(self._config, models, names, weights, 2)
        self._library.ngram_model_set_interp(mixture, names, weights)
        for model in (general, domain):
            self._library.ngram_model_free(model)  # the mixture holds its own references
        return mixture

    def _checked(self, status: int) -> None:
        if status < 0:
            raise EngineError("pocketsphinx lost its place in an utterance: begin a new one")
