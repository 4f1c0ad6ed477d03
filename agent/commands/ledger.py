"""`./visavis ledger FILE`: when everything happened in recorded turns."""

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from agent.ledger import TurnEntry

app = typer.Typer()
BAR_CHARACTERS = 60


@app.command()
def ledger(
    file: Path = typer.Argument(help="A file written by './visavis talk --ledger FILE'."),
    picture: Path | None = typer.Option(None, help="Draw the waterfall into this PNG file."),
    as_json: bool = typer.Option(False, "--json", help="Print the percentiles as JSON."),
) -> None:
    """Print percentiles of every wait, and draw where each answer's time went."""
    from agent.ledger import read_ledger
    from agent.waterfall import draw, summary

    entries = list(read_ledger(file))
    turns = [entry for entry in entries if isinstance(entry, TurnEntry)]
    report = summary(entries, f"Ledger of {file.name}")
    if picture is not None:
        _save(draw(turns), picture)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
        return
    console = Console()
    console.print(report.table())
    for turn in turns:
        console.print(_bar(turn))


def _bar(turn: TurnEntry) -> Text:
    from agent.waterfall import COLOURS, segments

    line = Text(f"{turn.said[:32]:<33}")
    for segment in segments(turn):
        red, green, blue = COLOURS[segment.name]
        # A character stands for 25 ms.
        width = round(segment.end_ms / 25) - round(segment.start_ms / 25)
        line.append("█" * min(width, BAR_CHARACTERS), style=f"rgb({red},{green},{blue})")
    line.append(f" {turn.response_ms} ms" if turn.response_ms is not None else " (not asked)")
    return line


def _save(rgb: object, path: Path) -> None:
    import cv2
    import numpy as np

    from dialogue.errors import InputError

    done, data = cv2.imencode(".png", np.asarray(rgb)[:, :, ::-1])
    try:
        path.write_bytes(data.tobytes() if done else b"")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}): choose another") from error
