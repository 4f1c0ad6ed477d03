"""Numbers in English words."""

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_IRREGULAR_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_TOO_LARGE = 10**15


def cardinal(number: int) -> str:
    """Say a whole number ("one hundred and five"); from 10^15 on, digit by digit."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number >= _TOO_LARGE:
        return digits(str(number))
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")
    size, name = next(group for group in _GROUPS if number >= group[0])
    many, rest = divmod(number, size)
    joint = " and " if rest < 100 else " "
    return f"{cardinal(many)} {name}" + (joint + cardinal(rest) if rest else "")


def ordinal(number: int) -> str:
    """Say a rank ("twenty third")."""
    head, _, last = cardinal(number).rpartition(" ")
    last = _IRREGULAR_ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head} {last}".strip()


def decimal(text: str) -> str:
    """Say a number as written with "." for the fraction and "," between thousands ("3.05" is three point zero five)."""
    sign = "minus " if text.startswith(("-", "−")) else ""
    whole, _, fraction = text.lstrip("-−+").replace(",", "").partition(".")
    return sign + cardinal(int(whole or "0")) + (f" point {digits(fraction)}" if fraction else "")


def digits(text: str) -> str:
    """Say each digit on its own, leaving out everything else."""
    return " ".join(_SMALL[int(character)] for character in text if character in "0123456789")


def year(number: int) -> str:
    """Say a year of four digits ("nineteen oh five", "two thousand and six", "twenty twenty six")."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {f'oh {_SMALL[rest]}' if rest < 10 else cardinal(rest)}"


def label(text: str) -> str:
    """Say the number of a room, bus or gate ("204" is two oh four, "1512" fifteen twelve, "30" thirty)."""
    if len(text) in (3, 4) and not text.endswith("00") and not text.startswith("0"):
        head, rest = int(text[:-2]), int(text[-2:])
        return f"{cardinal(head)} {f'oh {_SMALL[rest]}' if rest < 10 else cardinal(rest)}"
    return cardinal(int(text)) if len(text) < 5 and not text.startswith("0") else digits(text)
