"""`./visavis verify FILE`: was this made by Visavis?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer()


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A video, picture or sound.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say whether a file was made by Visavis, by its credentials and by the marks in picture and voice.

    Exit code 0: yes; 1: nothing says so (which proves nothing: marks can be removed).
    """
    from agent.provenance import examine

    evidence = list(examine(file))
    is_ours = any(each.says_visavis for each in evidence)
    if as_json:
        print(json.dumps({"made_by_visavis": is_ours, "evidence": [asdict(each) for each in evidence]}, indent=2))
    else:
        table = Table(box=None, padding=(0, 2), title="made by Visavis" if is_ours else "nothing says it is by Visavis")
        for each in evidence:
            sign = {True: "[green]yes[/]", False: "no", None: "-"}[each.says_visavis]
            table.add_row(each.name, sign, each.found)
        Console().print(table)
    if not is_ours:
        raise typer.Exit(1)
