"""What each learner has done and knows: SQLite, safe against power cuts, and all of it theirs to take away or delete.

Learners are a name they chose; nothing else about them is kept, and no sound. What to ask again when follows SM-2
(Wozniak 1990): an item answered well comes back after 1, 6, then ever more days; one answered badly comes back
tomorrow.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

from dialogue.errors import EngineError, InputError

LONGEST_NAME = 60
EASIEST, FIRST_EASE, HARDEST = 3.0, 2.5, 1.3
LONGEST_INTERVAL_DAYS = 365
REMEMBERED_FROM = 3
"""Least quality that counts as known."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE learner (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, since TEXT NOT NULL) STRICT;
CREATE TABLE item (
    learner INTEGER NOT NULL REFERENCES learner ON DELETE CASCADE, lesson TEXT NOT NULL, step TEXT NOT NULL,
    ease REAL NOT NULL, interval_days INTEGER NOT NULL, repetitions INTEGER NOT NULL, due TEXT NOT NULL,
    PRIMARY KEY (learner, lesson, step)
) STRICT;
CREATE TABLE answer (
    learner INTEGER NOT NULL REFERENCES learner ON DELETE CASCADE, lesson TEXT NOT NULL, step TEXT NOT NULL,
    quality INTEGER NOT NULL CHECK (quality BETWEEN 0 AND 5), day TEXT NOT NULL
) STRICT;
CREATE INDEX answers_of ON answer (learner, lesson);
CREATE TABLE place (
    learner INTEGER NOT NULL REFERENCES learner ON DELETE CASCADE, lesson TEXT NOT NULL, step TEXT NOT NULL,
    day TEXT NOT NULL, PRIMARY KEY (learner, lesson)
) STRICT;
"""


def progress_file() -> Path:
    """Say where the tutor keeps progress: under $XDG_DATA_HOME, or ~/.local/share."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "visavis" / "progress.sqlite"


@dataclass(frozen=True, slots=True)
class Item:
    """How well a step is remembered; `interval_days` is what it waits before it is asked again."""

    ease: float = FIRST_EASE
    interval_days: int = 0
    repetitions: int = 0


def reviewed(item: Item, quality: int) -> Item:
    """Give an item after an answer of quality 0 (blank) to 5 (at once), by SM-2. Pure."""
    if not 0 <= quality <= 5:
        raise InputError(f"a quality of {quality} is none: 0 to 5 are")
    ease = item.ease + 0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02)
    ease = min(EASIEST, max(HARDEST, ease))
    if quality < REMEMBERED_FROM:
        return Item(ease, 1, 0)
    interval_days = {0: 1, 1: 6}.get(item.repetitions, round(item.interval_days * ease))
    return Item(ease, min(LONGEST_INTERVAL_DAYS, interval_days), item.repetitions + 1)


class Progress:
    """The learners' database. Calls take milliseconds and block; one object a thread."""

    def __init__(self, path: Path) -> None:
        """Open or make it, readable by its owner alone. Raises EngineError when it cannot be used."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=5)
            self._prepare()
        except (OSError, sqlite3.Error) as exc:
            message = f"the learners' progress {path} cannot be opened ({exc}): move the file away, or mend the folder"
            raise EngineError(message) from exc

    def __enter__(self) -> Self:
        """Use as a context manager to close it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _prepare(self) -> None:
        # WAL with synchronous FULL: what was acknowledged survives a power cut, and readers never wait.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            self._database.execute(f"PRAGMA {pragma}")
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}, and this program knows {_VERSION}")

    def learners(self) -> list[str]:
        """Give everybody's name, sorted."""
        with self._explained():
            return [name for (name,) in self._database.execute("SELECT name FROM learner ORDER BY name COLLATE NOCASE")]

    def welcome(self, name: str, day: date) -> bool:
        """Enter a learner unless the name is known; tells whether it is new. Raises InputError for no proper name."""
        with self._writing():
            statement = "INSERT INTO learner (name, since) VALUES (?, ?) ON CONFLICT DO NOTHING"
            return self._database.execute(statement, (_proper(name), day.isoformat())).rowcount == 1

    def record(self, name: str, lesson: str, step: str, quality: int, *, remember: bool, day: date) -> None:
        """Keep an answer, and plan when it is asked again where it is to be remembered. On disk when it returns."""
        with self._writing():
            learner = self._learner(name)
            self._database.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?, ?)", (learner, lesson, step, quality, day.isoformat())
            )
            if remember:
                self._plan(learner, lesson, step, quality, day)

    def _plan(self, learner: int, lesson: str, step: str, quality: int, day: date) -> None:
        key = (learner, lesson, step)
        columns = "SELECT ease, interval_days, repetitions FROM item WHERE learner = ? AND lesson = ? AND step = ?"
        row = self._database.execute(columns, key).fetchone()
        item = reviewed(Item(*row) if row else Item(), quality)
        due = (day + timedelta(days=item.interval_days)).isoformat()
        values = (*key, item.ease, item.interval_days, item.repetitions, due)
        self._database.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def due(self, name: str, lesson: str, day: date, most: int = 5) -> list[str]:
        """Name the steps to ask again by a day, longest overdue first."""
        with self._explained():
            statement = (
                "SELECT step FROM item JOIN learner ON learner.id = item.learner"
                " WHERE name = ? AND lesson = ? AND due <= ? ORDER BY due, ease LIMIT ?"
            )
            rows = self._database.execute(statement, (_proper(name), lesson, day.isoformat(), most))
            return [step for (step,) in rows]

    def keep_place(self, name: str, lesson: str, step: str, day: date) -> None:
        """Remember where a learner is in a lesson; an empty step: at its end."""
        with self._writing():
            learner = self._learner(name)
            self._database.execute("DELETE FROM place WHERE learner = ? AND lesson = ?", (learner, lesson))
            if step:
                self._database.execute(
                    "INSERT INTO place VALUES (?, ?, ?, ?)", (learner, lesson, step, day.isoformat())
                )

    def place(self, name: str, lesson: str) -> str:
        """Give the step where a learner stopped in a lesson; empty where they have not begun it, or finished it."""
        with self._explained():
            statement = (
                "SELECT step FROM place JOIN learner ON learner.id = place.learner WHERE name = ? AND lesson = ?"
            )
            row = self._database.execute(statement, (_proper(name), lesson)).fetchone()
            return str(row[0]) if row else ""

    def export(self, name: str) -> str:
        """Give everything kept about a learner, as JSON. Raises InputError for an unknown name."""
        with self._explained():
            learner = self._learner(name)
            tables = {table: list(self._rows(table, learner)) for table in ("answer", "item", "place")}
            head = self._database.execute("SELECT name, since FROM learner WHERE id = ?", (learner,)).fetchone()
        return json.dumps({"name": head[0], "since": head[1], **tables}, indent=2, ensure_ascii=False)

    def delete(self, name: str) -> None:
        """Forget a learner; the bytes are overwritten. Raises InputError for an unknown name."""
        with self._writing():
            self._database.execute("DELETE FROM learner WHERE id = ?", (self._learner(name),))
        with self._explained():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def forget_before(self, day: date) -> int:
        """Forget learners who have not answered since a day, and tell how many."""
        with self._writing():
            statement = (
                "DELETE FROM learner WHERE since < ?1 AND NOT EXISTS"
                " (SELECT 1 FROM answer WHERE answer.learner = learner.id AND answer.day >= ?1)"
            )
            return self._database.execute(statement, (day.isoformat(),)).rowcount

    def _rows(self, table: str, learner: int) -> Iterator[dict[str, Any]]:
        cursor = self._database.execute(f"SELECT * FROM {table} WHERE learner = ?", (learner,))
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield {name: value for name, value in zip(names, row, strict=True) if name != "learner"}

    def _learner(self, name: str) -> int:
        row = self._database.execute("SELECT id FROM learner WHERE name = ?", (_proper(name),)).fetchone()
        if row is None:
            raise InputError(f"there is no learner '{name}': './visavis learner list' names them")
        return int(row[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._explained():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as exc:
            raise EngineError(f"the learners' progress cannot be kept ({exc}): is the disk full?") from exc


def _proper(name: str) -> str:
    proper = " ".join(name.split())
    if not proper or len(proper) > LONGEST_NAME or not proper.isprintable():
        raise InputError(f"a learner's name has 1 to {LONGEST_NAME} letters")
    return proper
