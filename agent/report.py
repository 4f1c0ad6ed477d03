"""What a measurement says: a title, the machine, and rows of figures, as a table or as JSON."""

import os
import platform
from dataclasses import asdict, dataclass, field

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One line of figures; `bar` says what it should be, where there is such a thing."""

    name: str
    figures: dict[str, float | int | str]
    bar: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a measurement. Columns are the union of the rows' figures, in order of appearance."""

    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    machine: str = field(default_factory=lambda: describe_machine())

    def as_dict(self) -> dict[str, object]:
        """Give plain values for JSON."""
        return asdict(self)

    def table(self) -> Table:
        """Draw it for a terminal."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row.figures))
        table = Table(title=self.title, caption="\n".join((*self.notes, self.machine)))
        table.add_column("")
        for name in columns:
            table.add_column(name, justify="right")
        if any(row.bar for row in self.rows):
            table.add_column("bar")
        for row in self.rows:
            cells = [_cell(row.figures.get(name, "")) for name in columns]
            table.add_row(row.name, *cells, *([row.bar] if any(r.bar for r in self.rows) else []))
        return table


def _cell(value: float | int | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def describe_machine() -> str:
    """Name the processor, the cores this process may use and the Python."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {cores} cores, Python {platform.python_version()}, {platform.system()}"
