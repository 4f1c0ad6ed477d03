"""`./visavis evaluate [WHAT]`: each stage's evaluation lives in `agent/evaluations/<what>.py`."""

import pkgutil

import typer

import agent.evaluations
from agent.commands.measuring import measure

app = typer.Typer()
SUBJECTS = tuple(module.name for module in pkgutil.iter_modules(agent.evaluations.__path__))


@app.command(epilog="Subjects: " + ", ".join(SUBJECTS))
def evaluate(
    what: str = typer.Argument(help="What to measure."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
    short: bool = typer.Option(False, "--short", help="A quick, rougher run."),
) -> None:
    """Measure quality and print it with chance or a baseline beside it."""
    measure("agent.evaluations", SUBJECTS, what, short=short, as_json=as_json)
