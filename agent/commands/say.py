"""`./visavis say TEXT`: a face says a text and that is all."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from agent.commands.options import ConfigOption, ControlOptions, PortraitOption, RecordOption, controls_of
from dialogue.errors import InputError

app = typer.Typer()


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="What to say; '-' reads it from standard input.")],
    portrait: PortraitOption = None,
    config: ConfigOption = None,
    record: RecordOption = None,
    window: Annotated[bool, typer.Option(help="Show a window.")] = True,
    gaze: ControlOptions.gaze = "0,0",
    distance: ControlOptions.distance = 1.0,
    emotion: ControlOptions.emotion = "neutral",
    seed: ControlOptions.seed = 0,
) -> None:
    """Let a face say a text, aloud in a window or into a video file."""
    controls = controls_of(gaze, distance, emotion)
    from agent.config import load_config_or_default, portrait_or_default
    from agent.conversation import Wish, converse, suit_to_machine

    words = typer.get_text_stream("stdin").read(1_000_000) if text == "-" else text
    if not words.strip():
        raise InputError("there is nothing to say: give a text in quotes")
    settings = load_config_or_default(config)
    tell = Console(stderr=True, highlight=False, soft_wrap=True).print
    face = portrait_or_default(portrait, settings)
    wish = suit_to_machine(Wish(face, say=words, record=record, window=window, seed=seed, controls=controls), tell)
    asyncio.run(converse(settings, wish, tell))
    if wish.record:
        tell(f"recorded: {wish.record}")
