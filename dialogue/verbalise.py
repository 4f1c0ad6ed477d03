"""Written English as the words a voice says: numbers, money, times, dates, units, abbreviations, addresses.

A table of rules, tried in order wherever a word begins; what no rule matches is said as written. The written form stays
beside the spoken one, because captions and the conversation's history show what was written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dialogue.numerals import cardinal, decimal, digits, label, ordinal, year


@dataclass(frozen=True, slots=True)
class SpokenAs:
    """One or more written words and what a voice says for them; `spoken` may be empty."""

    written: str
    spoken: str


Match = re.Match[str]
NOTHING: Mapping[str, str] = MappingProxyType({})

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SIGNED = rf"[-−]?{_NUMBER}"
_HALF = r"(?:\s?([APap])\.?[Mm]\b\.?)"
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?)"
_NUMBERED = r"(?:[Rr]oom|[Ss]uite|[Ff]lat|[Aa]partment|[Gg]ate|[Bb]us|[Ll]ine|[Tt]ram|[Rr]oute|[Ff]light|[Ll]ocker)"
_DOMAIN = r"(?:[A-Za-z0-9-]+\.)+(?:com|org|net|edu|gov|int|info|io|ai|dev|app|eu|uk|de|fr|at|ch|nl|es|it|ca|au)\b"

_MONEY = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yen", ""),
    "USD": ("dollar", "cent"), "EUR": ("euro", "cent"), "GBP": ("pound", "penny"), "CHF": ("franc", "rappen"),
}  # fmt: skip
_SCALES = {"k": "thousand", "m": "million", "M": "million", "bn": "billion"}
_PLURALS = {"penny": "pence", "yen": "yen", "rappen": "rappen", "foot": "feet", "inch": "inches", "hertz": "hertz"}
_UNITS = {
    "mm": "millimetre", "cm": "centimetre", "m": "metre", "km": "kilometre", "ft": "foot", "mi": "mile",
    "mg": "milligram", "g": "gram", "kg": "kilogram", "lb": "pound", "lbs": "pound", "oz": "ounce",
    "ml": "millilitre", "cl": "centilitre", "l": "litre", "L": "litre", "ms": "millisecond", "s": "second",
    "sec": "second", "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "Hz": "hertz",
    "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte",
    "GB": "gigabyte", "TB": "terabyte", "W": "watt", "kW": "kilowatt", "kWh": "kilowatt hour", "V": "volt",
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "°": "degree", "m²": "square metre", "km²": "square kilometre",
    "m³": "cubic metre", "km/h": "kilometre per hour", "mph": "mile per hour", "m/s": "metre per second",
    "Mbit/s": "megabit per second", "dB": "decibel", "px": "pixel", "fps": "frame per second",
}  # fmt: skip
_UNIT = "|".join(map(re.escape, sorted(_UNITS, key=len, reverse=True)))
_VULGAR = {"½": "a half", "¼": "a quarter", "¾": "three quarters", "⅓": "a third", "⅔": "two thirds"}
_WORDS = {
    "dr.": "doctor", "mr.": "mister", "mrs.": "missis", "ms.": "miz", "prof.": "professor", "st.": "saint",
    "ave.": "avenue", "rd.": "road", "blvd.": "boulevard", "e.g.": "for example,", "i.e.": "that is,",
    "etc.": "et cetera", "vs.": "versus", "approx.": "approximately", "dept.": "department", "inc.": "incorporated",
    "ltd.": "limited", "jr.": "junior", "sr.": "senior", "tel.": "telephone", "ext.": "extension",
    "max.": "maximum", "a.m.": "a m", "p.m.": "p m", "ok": "okay", "wi-fi": "wifi", "w/o": "without", "w/": "with",
    "&": "and", "+": "plus", "=": "equals", "@": "at", "→": "to", "≈": "about", "24/7": "twenty four seven",
    **{f"{day[:3].lower()}.": day for day in "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()},
}  # fmt: skip
_ACRONYMS_READ_AS_WORDS = frozenset("AIDS ASAP COVID GIF JPEG LAN NASA NATO PIN RAM ROM SIM UNICEF ZIP".split())


def _counted(number: str, one: str) -> str:
    """Say how many: "1 foot", "2 feet", "2 degrees Celsius", "3 square metres"."""
    if number.lstrip("-−") == "1":
        return f"{decimal(number)} {one}"
    kind, noun, tail = re.fullmatch(r"((?:square|cubic|kilowatt) )?(\w+)(.*)", one).groups("")  # type: ignore[union-attr]
    return f"{decimal(number)} {kind}{_PLURALS.get(noun, f'{noun}s')}{tail}"


def _money(unit: str, amount: str, scale: str | None) -> str:
    one, small = _MONEY[unit]
    if scale:
        return f"{decimal(amount)} {_SCALES.get(scale, scale)} {_PLURALS.get(one, f'{one}s')}"
    whole, _, fraction = amount.replace(",", "").partition(".")
    if len(fraction) != 2 or not small:
        return _counted(amount, one)
    coins = _counted(str(int(fraction)), small) if int(fraction) else ""
    notes = _counted(whole, one) if int(whole) or not coins else ""
    return " and ".join(filter(None, (notes, coins)))


def _time(hours: str, minutes: str | None, half: str | None) -> str:
    """Say a time of day; `half` is the a or p of am and pm."""
    past = int(minutes or 0)
    half_day = f" {half.lower()} m" if half else ""
    if not past:
        return cardinal(int(hours)) + (half_day or " o'clock")
    return f"{cardinal(int(hours))} {'oh ' if past < 10 else ''}{cardinal(past)}{half_day}"


def _hours(match: Match) -> str:
    return f"{_time(match[1], match[2], match[3])} to {_time(match[4], match[5], match[6])}"


def _date(day: str, month: str, in_year: str | None) -> str:
    name = next(name for name in _MONTHS if name.startswith(month[:3]))
    return f"{name} {ordinal(int(day))}" + (f", {year(int(in_year))}" if in_year else "")


def _numeric_date(first: str, second: str, in_year: str) -> str:
    """Say month and day in American order, unless only the other makes sense."""
    month, day = (second, first) if int(first) > 12 else (first, second)
    if not 1 <= int(month) <= 12 or not 1 <= int(day) <= 31:
        return digits(f"{first} {second} {in_year}")
    return _date(day, _MONTHS[int(month) - 1], in_year)


def _internet_address(text: str) -> str:
    """Say an address ("https://a-b.org/c?d" is a dash b dot org slash c)."""
    bare = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$|/$", "", text)
    names = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon "}
    spelled = "".join(names.get(character, character) for character in bare)
    return re.sub(r"\d+", lambda match: f" {digits(match[0])} ", spelled)


def _telephone_number(text: str) -> str:
    groups = re.findall(r"\+?\d+", text)
    return ", ".join(("plus " if group.startswith("+") else "") + digits(group) for group in groups)


def _fraction(upper: int, lower: int) -> str:
    one, many = {2: ("half", "halves"), 4: ("quarter", "quarters")}.get(lower, (ordinal(lower), f"{ordinal(lower)}s"))
    return f"{cardinal(upper)} {one if upper == 1 else many}"


def _number(text: str) -> str:
    """Say a number; codes (long, or beginning with 0) digit by digit."""
    is_code = text.isdigit() and (len(text) > 7 or (len(text) > 1 and text.startswith("0")))
    return digits(text) if is_code else decimal(text)


def _letters(match: Match) -> str:
    """Spell an acronym, unless people read it as a word or everything around it is in capitals."""
    shouted = not re.search(r"[a-z]", match.string)
    if shouted or match[1] in _ACRONYMS_READ_AS_WORDS:
        return match[0]
    return " ".join(match[1]) + ("s" if match[2] else "")


def _rule(pattern: str, say: Callable[[Match], str]) -> tuple[re.Pattern[str], Callable[[Match], str]]:
    """Make a rule whose match ends where a word ends."""
    return re.compile(rf"(?:{pattern})(?![\w%°€£$²³½]|[.,:/-]\d)"), say


_RULES = (
    _rule(rf"[\w.+-]+@{_DOMAIN}", lambda m: _internet_address(m[0])),
    _rule(rf"https?://\S*[\w/]|www\.\S*[\w/]|{_DOMAIN}(?:/[\w./-]*\w)?", lambda m: _internet_address(m[0])),
    _rule(rf"([$€£¥])\s?({_NUMBER})(?:\s?(k|m|M|bn|thousand|million|billion))?", lambda m: _money(m[1], m[2], m[3])),
    _rule(
        rf"({_NUMBER})(?:\s(thousand|million|billion))?\s?([$€£¥]|USD|EUR|GBP|CHF)", lambda m: _money(m[3], m[1], m[2])
    ),
    _rule(r"([12]\d{3})-(\d\d)-(\d\d)", lambda m: _numeric_date(m[2], m[3], m[1])),
    _rule(r"(\d{1,2})/(\d{1,2})/([12]\d{3})", lambda m: _numeric_date(m[1], m[2], m[3])),
    _rule(
        r"\+\d[\d\s()-]{6,}\d|(?:\(\d{3}\)\s?|\d{3}[-.\s])?\d{3}[-.]\d{4}|0\d{2,4}[\s/]\d[\d\s]{3,}\d",
        lambda m: _telephone_number(m[0]),
    ),
    _rule(rf"(\d\d?)(?::(\d\d))?{_HALF}?\s?(?:-|–|to)\s?(\d\d?)(?::(\d\d))?{_HALF}", _hours),
    _rule(r"(\d\d?):([0-5]\d)()\s?(?:-|–)\s?(\d\d?):([0-5]\d)()", _hours),
    _rule(rf"(\d\d?)(?::([0-5]\d))?{_HALF}", lambda m: _time(m[1], m[2], m[3])),
    _rule(r"([01]?\d|2[0-3]):([0-5]\d)(?:\s(?:h|o'clock))?", lambda m: _time(m[1], m[2], None)),
    _rule(rf"{_MONTH}\s(\d\d?)(?:st|nd|rd|th)?(?:,\s([12]\d{{3}}))?", lambda m: _date(m[2], m[1], m[3])),
    _rule(rf"(\d\d?)(?:st|nd|rd|th)?\s{_MONTH}(?:\s([12]\d{{3}}))?", lambda m: _date(m[1], m[2], m[3])),
    _rule(rf"({_NUMBERED})\s(?:[Nn]o\.\s?|#)?(\d+)", lambda m: f"{m[1]} {label(m[2])}"),
    _rule(r"(\d{1,9})(?:st|nd|rd|th)", lambda m: ordinal(int(m[1]))),
    _rule(rf"({_SIGNED})\s?%", lambda m: f"{decimal(m[1])} percent"),
    _rule(rf"({_SIGNED})\s?({_UNIT})", lambda m: _counted(m[1], _UNITS[m[2]])),
    _rule(r"(\d{1,9})?([½¼¾⅓⅔])", lambda m: (f"{cardinal(int(m[1]))} and " if m[1] else "") + _VULGAR[m[2]]),
    _rule(r"([1-9])/([2-9]|10)", lambda m: _fraction(int(m[1]), int(m[2]))),
    _rule(r"\d+(?:\.\d+){2,}", lambda m: " dot ".join(map(_number, m[0].split(".")))),
    _rule(rf"({_NUMBER})\s?[-–]\s?({_NUMBER})", lambda m: f"{_number(m[1])} to {_number(m[2])}"),
    _rule(r"(?:[Nn]o\.\s?|#|№\s?)(\d+)", lambda m: f"number {_number(m[1])}"),
    _rule(r"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Uu]ntil )|(?<=[Oo]f ))(?:1[1-9]|20)\d\d", lambda m: year(int(m[0]))),
    _rule(_SIGNED, lambda m: _number(m[0])),
    _rule(r"([A-Z]{2,5})(s)?", _letters),
    _rule(r"(?:[A-Z]\.){2,}", lambda m: " ".join(re.findall("[A-Z]", m[0]))),
)
_STREET = re.compile(r"(?<=[a-z] )St\.")
_OPENING = re.compile(r"[\"'“‘(\[¿¡]*")
_TOKEN = re.compile(r"\S+")
_CLOSING = ".,;:!?)]\"'”’…"


def verbalise(text: str, lexicon: Mapping[str, str] = NOTHING) -> tuple[SpokenAs, ...]:
    """Say English text in words.

    `lexicon` maps words in lower case to how they are to be spelled for the voice, before any rule. The written parts
    joined by spaces are the text with its white space evened.
    """
    even = " ".join(text.split())
    return tuple(_spoken(even, lexicon))


def _spoken(text: str, lexicon: Mapping[str, str]) -> Iterator[SpokenAs]:
    position = 0
    while token := _TOKEN.search(text, position):
        start = _OPENING.match(text, token.start()).end()  # type: ignore[union-attr]
        opening = text[token.start() : start]
        end, said = _longest(text, start, token.end(), lexicon)
        closing_end = _TOKEN.match(text, end).end() if end < len(text) and text[end] != " " else end  # type: ignore[union-attr]
        tail = text[end:closing_end]
        if tail.strip(_CLOSING):  # the word goes on ("3-course", "ATM/bank"): say its rest as well
            said += "".join(f" {rest.spoken}" for rest in _spoken(tail.lstrip("-–/"), lexicon))
            tail = ""
        yield SpokenAs(text[token.start() : closing_end], f"{opening}{said}{tail}".strip())
        position = closing_end


def _longest(text: str, start: int, token_end: int, lexicon: Mapping[str, str]) -> tuple[int, str]:
    """Find what is said at `start`, and where the written form of it ends."""
    token = text[start:token_end]
    bare = token.rstrip(_CLOSING)
    for word in (bare, token.rstrip(_CLOSING.replace(".", "")), token):
        if said := lexicon.get(word.lower()):
            return start + len(word), said
    if _STREET.match(text, start):
        return start + 3, "street"
    for word in (token.rstrip(",;:!?)]\"'”’…"), bare):
        if said := _WORDS.get(word.lower()):
            return start + len(word), said
    for pattern, say in _RULES:
        if found := pattern.match(text, start):
            return _without_full_stop(text, found.end()), " ".join(say(found).split())
    return start + len(bare), re.sub(r"\d+", lambda digits: f" {_number(digits[0])} ", bare).strip()


def _without_full_stop(text: str, end: int) -> int:
    """Leave a sentence's full stop that an abbreviation swallowed ("at 5 p.m.") to the sentence."""
    return end - 1 if end == len(text) and text.endswith(".") else end
