"""`./visavis animate PORTRAIT SPEECH OUT`: a portrait speaks a sound file, offline and faster than real time."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.commands.options import ControlOptions, controls_of

app = typer.Typer()


@app.command()
def animate(
    portrait: Annotated[Path, typer.Argument(help="A picture with one face, or a .face file.")],
    speech: Annotated[Path, typer.Argument(help="Any sound or video file with one voice.")],
    out: Annotated[Path, typer.Argument(help="The film to make: .mp4.")],
    seed: ControlOptions.seed = 0,
    gaze: ControlOptions.gaze = "0,0",
    distance: ControlOptions.distance = 1.0,
    emotion: ControlOptions.emotion = "neutral",
    pose_scale: Annotated[float, typer.Option(help="How much the head moves; 0 holds it still.")] = 1.0,
    size: Annotated[int, typer.Option(min=128, max=1024, help="Width and height in pixels.")] = 512,
) -> None:
    """Make a portrait speak a sound file."""
    controls = replace(controls_of(gaze, distance, emotion), pose_scale=pose_scale).clamped()
    from rich.progress import track

    from agent.batch import film_speech

    frames = film_speech(portrait, speech, out, controls, seed, size)
    total = next(frames)
    for _ in track(frames, description="animating", total=total, console=Console(stderr=True)):
        pass
    Console(stderr=True, highlight=False).print(f"made {out}: {total / 25:.1f} s")
