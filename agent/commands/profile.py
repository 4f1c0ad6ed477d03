"""`./visavis profile`: which profiles there are, and whether one can be used."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from agent.commands.options import ConfigOption

if TYPE_CHECKING:
    from agent.config import Config

app = typer.Typer(no_args_is_help=True, help="List and check profiles (receptionist, tutor, companion, your own).")


@app.command("list")
def list_() -> None:
    """List the profiles that come with the program."""
    from agent.config import profile_names, profile_path

    table = Table.grid(padding=(0, 2))
    for name in profile_names():
        table.add_row(f"[bold]{name}[/]", _summary(profile_path(name)), str(profile_path(name)))
    Console(soft_wrap=True).print(table)


@app.command()
def check(profile: str = typer.Argument(help="A name or a file."), config: ConfigOption = None) -> None:
    """Read a profile and every file it names, and say what is wrong or what it changes."""
    from agent.config import load_config_or_default, profile_path
    from dialogue.settings_file import read_yaml

    path = profile_path(profile)
    problems = _problems(load_config_or_default(config, path))
    console = Console(soft_wrap=True, highlight=False)
    for key in _keys(read_yaml(path)):
        console.print(f"  {key}", markup=False)
    for problem in problems:
        console.print(f"[red]wrong[/]: {problem}")
    if problems:
        raise typer.Exit(1)
    console.print(f"{path} is good")


def _problems(config: "Config") -> list[str]:
    """Open every file that a configuration names."""
    from agent.config import ROOT
    from dialogue.directory import load_directory
    from dialogue.errors import VisavisError
    from dialogue.lesson import load_lesson
    from dialogue.reply.knowledge_file import load_knowledge

    named = (
        (config.reply.knowledge, load_knowledge),
        (config.reply.directory, load_directory),
        (config.reply.lesson, load_lesson),
    )
    problems = [] if (ROOT / config.face.portrait).is_file() else [f"there is no portrait {config.face.portrait}"]
    for name, load in named:
        if name:
            try:
                load(ROOT / name)
            except VisavisError as error:
                problems.append(str(error))
    return problems


def _keys(values: dict[str, object], above: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in values.items():
        lines += _keys(value, f"{above}{key}.") if isinstance(value, dict) else [f"{above}{key}: {value}"]
    return lines


def _summary(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ") if first.startswith("#") else ""
