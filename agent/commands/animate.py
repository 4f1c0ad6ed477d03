"""`./visavis animate PORTRAIT SPEECH OUT`: a portrait speaks a sound file, offline and faster than real time."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.commands.options import ConfigOption, ControlOptions, controls_of

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
    config: ConfigOption = None,
) -> None:
    """Make a portrait speak a sound file."""
    controls = replace(controls_of(gaze, distance, emotion), pose_scale=pose_scale).clamped()
    from rich.progress import track

    from agent.batch import film_speech, frame_count
    from agent.build import build_visage
    from agent.config import load_config_or_default
    from dialogue.audio import read_sound

    settings = load_config_or_default(config)
    sound = read_sound(speech)
    visage = build_visage(portrait, seed, controls)
    visage.mover.begin(seed, None, controls)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    frames = film_speech(visage, sound, out, size, settings.provenance)
    for _ in track(frames, description="animating", total=frame_count(sound), console=console):
        pass
    console.print(f"made {out}: {sound.seconds:.1f} s")
