"""Options that several commands share, and what they mean."""

import math
from pathlib import Path
from typing import Annotated

import typer

from avatar.controls import EMOTIONS, Controls

PortraitOption = Annotated[Path | None, typer.Option("--portrait", "-p", help="A picture or a .face file.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", "-c", help="Settings; default: config.yaml.")]
RecordOption = Annotated[Path | None, typer.Option("--record", "-r", help="Film it: .mp4, or .webp (no sound).")]


class ControlOptions:
    """How the face is set: VASA-1's conditions."""

    gaze = Annotated[str, typer.Option(help="Where it looks: degrees right,up; 0,0 is at you.")]
    distance = Annotated[float, typer.Option(help="Head distance; 1 is as in the portrait, 2 twice as far.")]
    emotion = Annotated[str, typer.Option(help=f"{', '.join(EMOTIONS)}; with a strength: happy:0.5.")]
    seed = Annotated[int, typer.Option(help="Another number, another way of moving.")]


def controls_of(gaze: str, distance: float, emotion: str) -> Controls:
    """Read the controls from the command line. Raises typer.BadParameter for what is none."""
    try:
        right, up = (math.radians(float(part)) for part in gaze.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"--gaze takes two numbers like 10,-5, not '{gaze}'") from error
    if not 0 < distance < 100:
        raise typer.BadParameter("--distance takes a number above 0, 1 is as in the portrait")
    name, _, strength = emotion.partition(":")
    known = next((each for each in EMOTIONS if each == name), None)
    if known is None:
        raise typer.BadParameter(f"--emotion takes one of {', '.join(EMOTIONS)}, not '{name}'")
    try:
        amount = float(strength or 1)
    except ValueError as error:
        raise typer.BadParameter(
            f"--emotion takes a strength from 0 to 1 behind the colon, not '{strength}'"
        ) from error
    return Controls(right, up, math.log(distance), known, amount).clamped()
