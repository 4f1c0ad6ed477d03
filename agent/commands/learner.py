"""`./visavis learner`: what the tutor stored about learners, for them to take away or delete."""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from agent.progress import Progress

app = typer.Typer(no_args_is_help=True, help="Export or delete what the tutor stored about a learner.")
_FILE = typer.Option(None, "--file", help="The progress file; without it the one the tutor uses.")


@app.command("list")
def list_(file: Path | None = _FILE) -> None:
    """Name all learners."""
    with _opened(file) as progress:
        names = progress.learners()
    typer.echo("\n".join(names) if names else "no learners yet")


@app.command()
def export(
    name: str,
    to: Path | None = typer.Option(None, help="Write here instead of to the terminal."),
    file: Path | None = _FILE,
) -> None:
    """Give everything stored about NAME, as JSON."""
    with _opened(file) as progress:
        told = progress.export(name)
    if to is None:
        typer.echo(told)
    else:
        to.write_text(told + "\n", encoding="utf-8")
        to.chmod(0o600)
        typer.echo(f"wrote {to}")


@app.command()
def delete(name: str, yes: bool = typer.Option(False, "--yes", help="Do not ask."), file: Path | None = _FILE) -> None:
    """Forget NAME and everything they did."""
    if not yes:
        typer.confirm(f"Delete everything stored about {name}? It cannot be undone.", abort=True)
    with _opened(file) as progress:
        progress.delete(name)
    typer.echo(f"{name} is forgotten")


@app.command()
def forget(days: int = typer.Argument(..., min=1), file: Path | None = _FILE) -> None:
    """Forget learners who have not learnt anything for DAYS days."""
    with _opened(file) as progress:
        count = progress.forget_before(date.today() - timedelta(days=days))
    typer.echo(f"{count} learners forgotten")


def _opened(file: Path | None) -> "Progress":
    from agent.progress import Progress, progress_file
    from dialogue.errors import InputError

    path = file or progress_file()
    if not path.exists():
        raise InputError(f"{path} does not exist: nobody has learnt anything here yet, or name it with --file")
    return Progress(path)
