"""`./visavis talk`: a conversation with a face, on devices or files."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from agent.commands.options import ConfigOption, ControlOptions, PortraitOption, RecordOption, controls_of

app = typer.Typer()


@app.command()
def talk(
    portrait: PortraitOption = None,
    config: ConfigOption = None,
    profile: Annotated[str, typer.Option(help="receptionist, tutor, companion, or a YAML file of yours.")] = "",
    listen: Annotated[Path | None, typer.Option(help="A sound file instead of the microphone.")] = None,
    record: RecordOption = None,
    text: Annotated[bool, typer.Option("--text", help="Type instead of speaking.")] = False,
    greeting: Annotated[bool, typer.Option(help="Open with the greeting.")] = True,
    window: Annotated[bool, typer.Option(help="Show a window.")] = True,
    ledger: Annotated[Path | None, typer.Option(help="Note when everything happened, as JSON lines.")] = None,
    stats: Annotated[bool, typer.Option("--stats", help="Show waits, frames and queues while talking.")] = False,
    learner: Annotated[str, typer.Option(help="Who takes the lesson; the tutor remembers it by this name.")] = "",
    transcript: Annotated[Path | None, typer.Option(help="Write the lesson down, as .md or .html.")] = None,
    gaze: ControlOptions.gaze = "0,0",
    distance: ControlOptions.distance = 1.0,
    emotion: ControlOptions.emotion = "neutral",
    seed: ControlOptions.seed = 0,
) -> None:
    """Talk to a face: microphone, loudspeaker and window, or files instead of them.

    Where a device is missing it says so and films a demonstration into talk.mp4. Esc or closing the window ends it.
    """
    controls = controls_of(gaze, distance, emotion)
    from agent.config import load_config_or_default, portrait_or_default, profile_path
    from agent.conversation import Wish, converse, start_again, suit_to_machine

    settings = load_config_or_default(config, *([profile_path(profile)] if profile else []))
    if learner:
        settings = settings.model_copy(update={"reply": settings.reply.model_copy(update={"learner": learner})})
    tell = Console(stderr=True, highlight=False, soft_wrap=True).print
    wish = suit_to_machine(
        Wish(
            portrait_or_default(portrait, settings),
            listen=listen,
            record=record,
            typed=text,
            greet=greeting,
            window=window,
            ledger=ledger,
            stats=stats,
            transcript=transcript,
            profile=profile,
            seed=seed,
            controls=controls,
        ),
        tell,
    )
    again = asyncio.run(converse(settings, wish, tell))
    if again:
        start_again(again.profile)
    if wish.record:
        tell(f"recorded: {wish.record}")
