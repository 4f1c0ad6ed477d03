"""`./visavis doctor`: is everything here for a conversation, and if not, what to do."""

import json
from dataclasses import asdict

import typer
from rich.console import Console
from rich.table import Table

from agent.doctor import Finding, examine

app = typer.Typer()


@app.command()
def doctor(as_json: bool = typer.Option(False, "--json", help="Print JSON instead of a table.")) -> None:
    """Check devices, engines, display, versions and speed, and say in plain words what to change."""
    findings = list(examine())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        Console().print(_table(findings))
    if any(not finding.is_good for finding in findings):
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2))
    for heading in ("", "", "found", "what to do"):
        table.add_column(heading)
    for each in findings:
        table.add_row("[green]✓[/]" if each.is_good else "[red]✗[/]", each.name, each.found, each.advice)
    return table
