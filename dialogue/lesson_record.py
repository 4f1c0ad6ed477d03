"""The transcript of a lesson, for learners and teachers: Markdown or one HTML page. Made on request only."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the learner said and what the tutor said to it."""

    said: str
    """Empty at the beginning."""
    replied: str
    quality: int | None = None
    """0..5 where a question was finished with it."""
    off_words: tuple[str, ...] = ()


_MARKS = {5: "at once", 4: "almost at once", 3: "with help", 2: "not yet", 1: "not yet", 0: "not yet"}


def as_markdown(title: str, learner: str, day: date, exchanges: Sequence[Exchange]) -> str:
    """Write a lesson as Markdown."""
    lines = [f"# {_escaped(title)}", "", f"{_escaped(learner)}, {day.isoformat()}", "", _summary(exchanges), ""]
    for exchange in exchanges:
        if exchange.said:
            lines += [f"> {_escaped(exchange.said)}", ""]
        lines += [f"*{note}*" for note in _notes(exchange)] + ([""] if _notes(exchange) else [])
        lines += [_escaped(_plain(exchange.replied)), ""]
    return "\n".join(lines).rstrip() + "\n"


def as_html(title: str, learner: str, day: date, exchanges: Sequence[Exchange]) -> str:
    """Write a lesson as an HTML page that needs nothing else, in black on white and readable by screen readers."""
    rows = "\n".join(_row(exchange) for exchange in exchanges)
    heading = html.escape(title)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{heading}</title>
<style>
body {{ font: 1.1rem/1.6 sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #111;
       background: #fff }}
.learner {{ border-left: .3rem solid #0b5394; padding-left: 1rem; font-weight: 600 }}
.note {{ color: #444; font-style: italic }}
</style></head><body>
<h1>{heading}</h1>
<p>{html.escape(learner)}, <time datetime="{day.isoformat()}">{day.isoformat()}</time></p>
<p>{html.escape(_summary(exchanges))}</p>
{rows}
</body></html>
"""


def _row(exchange: Exchange) -> str:
    said = f'<p class="learner">{html.escape(exchange.said)}</p>' if exchange.said else ""
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in _notes(exchange))
    return f"{said}{notes}<p>{html.escape(_plain(exchange.replied))}</p>"


def _summary(exchanges: Sequence[Exchange]) -> str:
    qualities = [exchange.quality for exchange in exchanges if exchange.quality is not None]
    at_once, helped = sum(quality >= 4 for quality in qualities), sum(quality == 3 for quality in qualities)
    left = len(qualities) - at_once - helped
    return f"{len(qualities)} questions: {at_once} at once, {helped} with help, {left} to practise."


def _notes(exchange: Exchange) -> list[str]:
    notes = [f"Practise: {', '.join(exchange.off_words)}"] if exchange.off_words else []
    return notes if exchange.quality is None else [*notes, _MARKS[exchange.quality]]


def _plain(text: str) -> str:
    """Leave out stage directions."""
    return re.sub(r"\s*\[[^\]]*\]\s*", " ", text).strip()


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", " ".join(text.split()))
