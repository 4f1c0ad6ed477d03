"""Phones of any language, written in IPA, as the nearest of the phones that the face knows."""

from functools import cache

from dialogue.speech import SILENCE

_NEAREST = {
    # vowels, front to back
    "i": "iy", "ɨ": "ih", "ɪ": "ih", "y": "uw", "ʏ": "uw", "ʉ": "uw", "e": "eh", "ɛ": "eh", "ø": "er", "œ": "er",
    "ɶ": "er", "ɘ": "ax", "ə": "ax", "ɵ": "uh", "ɜ": "er", "ɚ": "er", "ɝ": "er", "ɞ": "er", "æ": "ae", "a": "aa",
    "ɐ": "ah", "ä": "aa", "ɑ": "aa", "ɒ": "ao", "ʌ": "ah", "ɔ": "ao", "o": "ao", "ɤ": "ah", "ʊ": "uh", "u": "uw",
    "ɯ": "ih", "ᵻ": "ih",
    # diphthongs
    "aɪ": "ay", "aʊ": "aw", "eɪ": "ey", "ɛɪ": "ey", "oʊ": "ow", "əʊ": "ow", "ɔɪ": "oy", "ɔø": "oy", "œy": "ay",
    "oː": "ow", "eː": "ey", "uː": "uw", "iː": "iy", "ɜː": "er", "øː": "er",
    # consonants, lips to throat
    "p": "p", "b": "b", "m": "m", "ɱ": "m", "ɸ": "f", "β": "v", "ʋ": "v", "f": "f", "v": "v", "θ": "th", "ð": "dh",
    "t": "t", "d": "d", "n": "n", "ɾ": "d", "r": "r", "ɹ": "r", "ɻ": "r", "ɽ": "r", "s": "s", "z": "z", "l": "l",
    "ɫ": "l", "ɭ": "l", "ɬ": "l", "ɮ": "l", "ʃ": "sh", "ʒ": "zh", "ʂ": "sh", "ʐ": "zh", "ɕ": "sh", "ʑ": "zh",
    "ʈ": "t", "ɖ": "d", "ɳ": "n", "c": "k", "ɟ": "g", "ɲ": "n", "ç": "hh", "ʝ": "y", "j": "y", "ʎ": "l", "ɥ": "w",
    "k": "k", "g": "g", "ɡ": "g", "ŋ": "ng", "x": "hh", "ɣ": "g", "w": "w", "ʍ": "w", "q": "k", "ɢ": "g", "ɴ": "ng",
    "χ": "hh", "ʁ": "r", "ʀ": "r", "ħ": "hh", "ʕ": "aa", "h": "hh", "ɦ": "hh",
    # affricates
    "tʃ": "ch", "dʒ": "jh", "tɕ": "ch", "dʑ": "jh", "tʂ": "ch", "dʐ": "jh",
}  # fmt: skip
_LONGEST = max(map(len, _NEAREST))


@cache
def phones_of_ipa(name: str) -> tuple[str, ...]:
    """Give the phones nearest to an IPA name ("aɪɚ" is ay, er).

    Marks and letters without sound of their own are skipped. A name in which nothing is known (a glottal stop, a
    pause) is silence.
    """
    phones: list[str] = []
    position = 0
    while position < len(name):
        sizes = (size for size in range(_LONGEST, 0, -1) if name[position : position + size] in _NEAREST)
        size = next(sizes, 0)
        if size:
            phones.append(_NEAREST[name[position : position + size]])
        position += size or 1
    return tuple(phones) or (SILENCE,)
