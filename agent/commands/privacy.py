"""`./visavis privacy`: what is kept of conversations, to be looked at, taken away or deleted."""

import time
from datetime import datetime
from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, help="List, export or delete what is kept of conversations.")
_FOLDER = typer.Option(None, "--folder", help="Where it is kept, if not in the usual place (privacy.folder).")


@app.command("list")
def list_(folder: Path | None = _FOLDER) -> None:
    """List what is kept."""
    from agent.privacy import kept

    files = kept(_place(folder))
    for file in files:
        written = datetime.fromtimestamp(file.written_s).strftime("%Y-%m-%d %H:%M")
        typer.echo(f"{written}  {file.size_bytes:>10}  {file.path}")
    typer.echo(f"{len(files)} files kept" if files else "nothing is kept")


@app.command()
def export(to: Path, folder: Path | None = _FOLDER) -> None:
    """Copy everything that is kept into the zip file TO."""
    from agent.privacy import export

    typer.echo(f"{export(_place(folder), to)} files in {to}")


@app.command()
def delete(yes: bool = typer.Option(False, "--yes", help="Do not ask."), folder: Path | None = _FOLDER) -> None:
    """Delete everything that is kept."""
    from agent.privacy import delete_all

    if not yes:
        typer.confirm("Delete everything that is kept of conversations?", abort=True)
    typer.echo(f"{delete_all(_place(folder))} files deleted")


@app.command()
def expire(days: int = typer.Argument(..., min=1), folder: Path | None = _FOLDER) -> None:
    """Delete what is older than DAYS days."""
    from agent.privacy import expire

    typer.echo(f"{len(expire(_place(folder), days, time.time()))} files deleted")


def _place(folder: Path | None) -> Path:
    from agent.privacy import PrivacySettings, folder_of

    return folder or folder_of(PrivacySettings())
