"""`./visavis fleet`: watch every kiosk live, and tell one or all something."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from agent.fleet.messages import Answer
    from agent.fleet.operator import Fleet, FleetView, Kiosk
    from agent.fleet.settings import FleetSettings

app = typer.Typer(no_args_is_help=True, help="Watch and steer many kiosks over MQTT.")
_console = Console()
_FIRST_LOOK_S = 1.0
ANSWER_TIMEOUT_S = 5.0
_CONNECTION = typer.Option(
    Path("fleet.yaml"),
    "--settings",
    "-s",
    help="File with the broker's host, username, ...: the keys of section fleet.",
)
_EVERYBODY = "all"


@app.command()
def watch(
    settings: Path = _CONNECTION, seconds: float = typer.Option(0, help="End after so long; 0: until Ctrl-C.")
) -> None:
    """Show all kiosks and what they are doing, as it changes."""
    asyncio.run(_watch(_read(settings), seconds))


@app.command("list")
def list_(settings: Path = _CONNECTION) -> None:
    """Print all kiosks once."""

    async def once() -> None:
        async with _viewing(_read(settings)) as view:
            _console.print(_table(view.fleet))

    asyncio.run(once())


@app.command()
def say(kiosk: str, text: str, settings: Path = _CONNECTION) -> None:
    """Let KIOSK (or 'all') say TEXT."""
    _tell("Say", kiosk, settings, text=text)


@app.command()
def stop(kiosk: str, settings: Path = _CONNECTION) -> None:
    """Let KIOSK (or 'all') stop talking."""
    _tell("Stop", kiosk, settings)


@app.command()
def mute(kiosk: str, settings: Path = _CONNECTION, off: bool = typer.Option(False, help="Listen again.")) -> None:
    """Close the microphone of KIOSK (or 'all')."""
    _tell("Mute", kiosk, settings, muted=not off)


@app.command()
def restart(kiosk: str, settings: Path = _CONNECTION) -> None:
    """Start KIOSK (or 'all') anew."""
    _tell("Restart", kiosk, settings)


@app.command()
def profile(kiosk: str, name: str, settings: Path = _CONNECTION) -> None:
    """Change KIOSK (or 'all') to the profile NAME."""
    _tell("UseProfile", kiosk, settings, name=name)


@app.command()
def volume(kiosk: str, percent: int, settings: Path = _CONNECTION) -> None:
    """Set the loudspeaker of KIOSK (or 'all') to PERCENT."""
    _tell("Volume", kiosk, settings, percent=percent)


@app.command()
def emotion(kiosk: str, name: str, settings: Path = _CONNECTION, strength: float = 1.0) -> None:
    """Let KIOSK (or 'all') look neutral, happy, sad, angry or surprised."""
    _tell("Feel", kiosk, settings, emotion=name, strength=strength)


@app.command()
def gaze(kiosk: str, right_degrees: float, up_degrees: float, settings: Path = _CONNECTION) -> None:
    """Let KIOSK (or 'all') look to a side; left and down are negative: gaze lobby -- -10 5."""
    _tell("Look", kiosk, settings, right_degrees=right_degrees, up_degrees=up_degrees)


@app.command()
def snapshot(kiosk: str, settings: Path = _CONNECTION) -> None:
    """Print all figures of KIOSK (or 'all')."""
    _tell("Snapshot", kiosk, settings)


def _read(path: Path) -> "FleetSettings":
    from agent.fleet.settings import FleetSettings
    from dialogue.errors import ConfigError
    from dialogue.settings_file import read_section

    settings = read_section(path, FleetSettings)
    if not settings.host:
        raise ConfigError(f"{path} names no broker: add 'host: NAME'")
    return settings


def _viewing(settings: "FleetSettings") -> Any:
    """Hold a view open that has taken its first look: what is retained comes within a moment."""
    from contextlib import asynccontextmanager

    from agent.fleet.operator import watching

    @asynccontextmanager
    async def viewing() -> Any:
        async with watching(settings) as view, asyncio.TaskGroup() as tasks:
            following = tasks.create_task(view.follow())
            await asyncio.sleep(_FIRST_LOOK_S)
            yield view
            following.cancel()

    return viewing()


async def _watch(settings: "FleetSettings", seconds: float) -> None:
    async with _viewing(settings) as view:
        live = Live(console=_console, refresh_per_second=4, get_renderable=lambda: _table(view.fleet))
        with live, suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await asyncio.Event().wait()


def _tell(kind: str, kiosk: str, path: Path, **keys: Any) -> None:
    from agent.fleet import messages
    from agent.fleet.operator import order

    command = getattr(messages, kind)
    order(command, "x", keys)  # a mistake shows before anything is connected
    answers = asyncio.run(_told(_read(path), kiosk, command, keys))
    for name, answer in answers.items():
        _print_answer(name, answer)
    if not all(answer and answer.ok for answer in answers.values()):
        raise typer.Exit(1)


async def _told(
    settings: "FleetSettings", kiosk: str, command: Any, keys: Mapping[str, Any]
) -> Mapping[str, "Answer | None"]:
    from dialogue.errors import InputError

    async with _viewing(settings) as view:
        names = _meant(view, kiosk)
        if not names:
            raise InputError("no kiosk is online: see './visavis fleet list'")
        answers = await view.told(names, command, ANSWER_TIMEOUT_S, **keys)
        return {name: answers.get(name) for name in names}


def _meant(view: "FleetView", kiosk: str) -> list[str]:
    return view.fleet.online if kiosk == _EVERYBODY else [kiosk]


def _print_answer(name: str, answer: "Answer | None") -> None:
    if answer is None:
        _console.print(f"{name}: [red]no answer[/]")
    elif not answer.ok:
        _console.print(f"{name}: [red]refused[/]:", answer.error, markup=False)
    else:
        figures = ", ".join(f"{key} {value}" for key, value in answer.figures.items())
        _console.print(f"{name}: done" + (f" ({figures})" if figures else ""))


def _table(fleet: "Fleet") -> Table:
    online = len(fleet.online)
    table = Table(title=f"{online} of {len(fleet.kiosks)} kiosks online")
    for name in (
        "kiosk",
        "",
        "phase",
        "profile",
        "visitor",
        "volume",
        "frames/s",
        "answer p50/p95",
        "turns",
        "trouble",
    ):
        table.add_column(name)
    for _, kiosk in sorted(fleet.kiosks.items()):
        table.add_row(*_cells(kiosk), style=None if kiosk.online else "dim")
    return table


def _cells(kiosk: "Kiosk") -> tuple[str, ...]:
    state, health, ledger = kiosk.state, kiosk.health, kiosk.ledger
    return (
        kiosk.name,
        "[green]online[/]" if kiosk.online else "[red]offline[/]",
        state.phase if state else "",
        state.profile if state else "",
        "yes" if kiosk.presence and kiosk.presence.present else "",
        ("muted" if state.muted else f"{state.volume_percent} %") if state else "",
        f"{health.frames_per_s:.0f}" if health else "",
        f"{_ms(ledger.answer_p50_ms)} / {_ms(ledger.answer_p95_ms)}" if ledger else "",
        str(ledger.turns) if ledger else "",
        ", ".join(health.troubled) if health else "",
    )


def _ms(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.0f} ms"
