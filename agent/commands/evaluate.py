"""`./visavis evaluate [WHAT]`: each stage's evaluation lives in `agent/evaluations/<what>.py`."""

import importlib
import json
import pkgutil

import typer
from rich.console import Console

import agent.evaluations

app = typer.Typer()
SUBJECTS = tuple(module.name for module in pkgutil.iter_modules(agent.evaluations.__path__))


@app.command(epilog="Subjects: " + ", ".join(SUBJECTS))
def evaluate(
    what: str = typer.Argument(help="What to measure."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
    short: bool = typer.Option(False, "--short", help="A quick, rougher run."),
) -> None:
    """Measure quality and print it with chance or a baseline beside it."""
    if what not in SUBJECTS:
        raise typer.BadParameter(f"there is no subject '{what}'; there are: {', '.join(SUBJECTS)}")
    report = importlib.import_module(f"agent.evaluations.{what}").run(short=short)
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        Console().print(report.table())
