"""Arguments to commands to exit codes, and the one place that catches everything.

Exit codes: 0 done, 1 something the user can mend, 2 wrong arguments, 3 a fault of ours, 130 stopped by Ctrl-C.
"""

import importlib
import importlib.util
import logging
import sys
import traceback
from dataclasses import dataclass
from difflib import get_close_matches

import typer
from rich.console import Console
from rich.table import Table

from dialogue.errors import VisavisError


@dataclass(frozen=True, slots=True)
class Command:
    """One word after `./visavis` and what it does; its module is `agent.commands.<name>`."""

    summary: str
    hidden: bool = False


COMMANDS = {
    "talk": Command("Talk to a face: microphone, loudspeaker and window, or files instead of them."),
    "say": Command("Let a face say a text, into the window or a video file."),
    "portrait": Command("Turn one picture into a .face file, and show what it can do."),
    "animate": Command("Make a portrait speak a sound file: portrait.jpg speech.wav out.mp4."),
    "doctor": Command("Check devices, engines, display and speed, and say what to change."),
    "models": Command("List, fetch and check the models that are configured."),
    "profile": Command("List and check profiles (receptionist, tutor, companion, your own)."),
    "learner": Command("Export or delete what the tutor stored about a learner."),
    "privacy": Command("List, export or delete what is kept of conversations."),
    "fleet": Command("Watch and steer many kiosks over MQTT."),
    "verify": Command("Say whether a video, picture or sound was made by Visavis."),
    "ledger": Command("Print when everything happened in recorded turns, and draw it."),
    "bench": Command("Measure speed: the whole conversation, or one stage."),
    "evaluate": Command("Measure quality: motion, face, replies, recognition."),
    "train": Command("Track talking videos and train the motion model."),
    "test": Command("Format, lint, types and every test; with arguments: pytest with them."),
    "warm": Command("Compile what is compiled once; the launcher calls this.", hidden=True),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    # Accepted anywhere, because it is typed after the fact, at the end of the line.
    words = [word for word in words if word != "--debug"]
    logging.basicConfig(level=logging.WARNING, format="visavis: %(message)s")
    logging.getLogger("visavis").setLevel(logging.DEBUG if debug else logging.WARNING)
    try:
        return _run(words)
    except KeyboardInterrupt:
        _complain("stopped.")
        return 130
    except VisavisError as error:
        return _explain(error, debug)
    except ExceptionGroup as group:
        return _explain(_first_cause(group), debug)
    except Exception as error:  # noqa: BLE001 - the one catch-all
        return _explain(error, debug)


def _run(words: list[str]) -> int:
    installed = _installed()
    if not words or words[0] in ("-h", "--help", "help"):
        _print_help(installed)
        return 0
    name, *rest = words
    if name not in installed:
        nearest = get_close_matches(name, installed, n=1)
        hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
        _complain(f"there is no command '{name}'.{hint} './visavis --help' lists them.")
        return 2
    app: typer.Typer = importlib.import_module(f"agent.commands.{name}").app
    try:
        app(args=rest, prog_name=f"./visavis {name}")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code))
    return 0


def _installed() -> list[str]:
    return [name for name in COMMANDS if importlib.util.find_spec(f"agent.commands.{name}")]


def _print_help(installed: list[str]) -> None:
    table = Table.grid(padding=(0, 2))
    for name in installed:
        if not COMMANDS[name].hidden:
            table.add_row(f"  [bold]{name}[/]", COMMANDS[name].summary)
    console = Console()
    console.print("Visavis: a face you can talk to. Start with [bold]./visavis talk[/]\n")
    console.print(table)
    console.print("\n'./visavis COMMAND --help' explains each; '--debug' anywhere shows the traceback of an error.")


def _first_cause(group: ExceptionGroup) -> Exception:
    """Find the first explained error of a task group: the others fell with it."""
    explained, _ = group.split(VisavisError)
    error: Exception = explained or group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _explain(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    elif isinstance(error, VisavisError):
        _complain(str(error))
    else:
        kind = type(error).__name__
        _complain(f"a fault of ours ({kind}: {error}). Run it again with --debug and report what it prints.")
    return 1 if isinstance(error, VisavisError) else 3


def _complain(sentence: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False).print(f"visavis: {sentence}", markup=False)
