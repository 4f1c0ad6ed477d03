"""How English words are pronounced: flite's lexicon, and its letter-to-sound rules for words nobody listed."""

import ctypes
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from dialogue.errors import EngineUnavailable

_pointer, _string = ctypes.c_void_p, ctypes.c_char_p
# The recogniser's set has no schwa of its own.
_NEAREST_PHONES = {"ax": "ah", "axr": "er", "ix": "ih", "ux": "uw", "dx": "t", "el": "l", "em": "m", "en": "n"}


def pronounce(word: str) -> tuple[str, ...]:
    """Give a lower-case word's phones in pocketsphinx's spelling ("hh ah l ow"); empty for what has no letters.

    Raises EngineUnavailable when flite is not installed.
    """
    letters = re.sub(r"[^a-z']", "", word)
    if not letters:
        return ()
    flite, lexicon = _lexicon()
    listed = flite.lex_lookup(lexicon, letters.encode(), None, None)
    phones = tuple(phone.rstrip("0123456789") for phone in _strings(flite, listed))
    flite.delete_val(listed)
    return tuple(_NEAREST_PHONES.get(phone, phone) for phone in phones)


def _strings(flite: Any, item: int | None) -> Iterator[str]:
    """Read flite's linked list."""
    while item:
        yield flite.val_string(flite.val_car(item)).decode()
        item = flite.val_cdr(item)


@cache
def _lexicon() -> tuple[Any, int]:
    """Load flite and its CMU lexicon, once."""
    try:
        flite = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        cmulex = ctypes.CDLL("libflite_cmulex.so.1")
    except OSError as exc:
        raise EngineUnavailable("new words cannot be pronounced without flite: apt-get install libflite1") from exc
    cmulex.cmu_lex_init.restype = _pointer
    flite.lex_lookup.restype, flite.lex_lookup.argtypes = _pointer, (_pointer, _string, _string, _pointer)
    for function in (flite.val_car, flite.val_cdr):
        function.restype, function.argtypes = _pointer, (_pointer,)
    flite.val_string.restype, flite.val_string.argtypes = _string, (_pointer,)
    flite.delete_val.restype, flite.delete_val.argtypes = None, (_pointer,)
    return flite, cmulex.cmu_lex_init()
