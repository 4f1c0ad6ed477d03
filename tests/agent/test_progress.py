import json
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.progress import HARDEST, LONGEST_INTERVAL_DAYS, Item, Progress, reviewed
from dialogue.errors import EngineError, InputError

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 23)


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    progress = Progress(tmp_path / "deep" / "progress.sqlite")
    progress.welcome("Ann", TODAY)
    return progress


def test_what_is_known_waits_longer_each_time_and_what_is_forgotten_comes_back_tomorrow() -> None:
    item, waits = Item(), []
    for _ in range(5):
        item = reviewed(item, 5)
        waits.append(item.interval_days)
    assert waits[:2] == [1, 6]
    assert waits == sorted(waits)
    assert waits[2] > 12
    forgotten = reviewed(item, 1)
    assert (forgotten.interval_days, forgotten.repetitions) == (1, 0)
    assert forgotten.ease < item.ease


@given(st.lists(st.integers(0, 5), max_size=50))
def test_no_run_of_answers_leaves_the_plan_without_sense(qualities: list[int]) -> None:
    item = Item()
    for quality in qualities:
        item = reviewed(item, quality)
        assert HARDEST <= item.ease <= 3
        assert 1 <= item.interval_days <= LONGEST_INTERVAL_DAYS


def test_an_answer_comes_back_when_it_is_due(progress: Progress) -> None:
    progress.record("Ann", "tables", "six_times_seven", 1, remember=True, day=TODAY)
    progress.record("Ann", "tables", "hello", 5, remember=False, day=TODAY)
    assert progress.due("ann", "tables", TODAY) == []
    assert progress.due("ANN", "tables", TODAY + timedelta(days=1)) == ["six_times_seven"]
    progress.record("Ann", "tables", "six_times_seven", 5, remember=True, day=TODAY + timedelta(days=1))
    progress.record("Ann", "tables", "six_times_seven", 5, remember=True, day=TODAY + timedelta(days=2))
    assert progress.due("Ann", "tables", TODAY + timedelta(days=7)) == []
    assert progress.due("Ann", "tables", TODAY + timedelta(days=8)) == ["six_times_seven"]


def test_a_lesson_goes_on_tomorrow_where_it_stopped(tmp_path: Path) -> None:
    with Progress(tmp_path / "p.sqlite") as progress:
        assert progress.welcome("Ben", TODAY)
        progress.keep_place("Ben", "travel", "hotel", TODAY)
    with Progress(tmp_path / "p.sqlite") as progress:
        assert not progress.welcome(" ben ", TODAY)
        assert progress.place("Ben", "travel") == "hotel"
        progress.keep_place("Ben", "travel", "", TODAY)
        assert progress.place("Ben", "travel") == ""


def test_a_learner_may_take_everything_away_and_be_forgotten(progress: Progress, tmp_path: Path) -> None:
    progress.welcome("Bo", TODAY)
    progress.record("Ann", "tables", "secret_step", 4, remember=True, day=TODAY)
    told = json.loads(progress.export("Ann"))
    assert told["answer"] == [{"lesson": "tables", "step": "secret_step", "quality": 4, "day": "2026-11-23"}]
    progress.delete("Ann")
    assert progress.learners() == ["Bo"]
    with pytest.raises(InputError, match="no learner"):
        progress.export("Ann")
    files = b"".join(path.read_bytes() for path in (tmp_path / "deep").iterdir())
    assert b"secret_step" not in files
    assert b"Ann" not in files


def test_learners_of_long_ago_are_forgotten_and_others_are_not(progress: Progress) -> None:
    progress.welcome("Old", TODAY - timedelta(days=400))
    progress.welcome("Old but diligent", TODAY - timedelta(days=400))
    progress.record("Old but diligent", "tables", "a", 5, remember=False, day=TODAY)
    assert progress.forget_before(TODAY - timedelta(days=365)) == 1
    assert progress.learners() == ["Ann", "Old but diligent"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b", "a\x1b[31m"])
def test_a_name_that_is_none_is_refused(progress: Progress, name: str) -> None:
    with pytest.raises(InputError, match="1 to 60 letters"):
        progress.welcome(name, TODAY)


def test_names_and_steps_are_values_and_never_commands(progress: Progress) -> None:
    evil = "x'); DROP TABLE learner; --"
    progress.welcome(evil, TODAY)
    progress.record(evil, evil, evil, 3, remember=True, day=TODAY)
    assert progress.due(evil, evil, TODAY + timedelta(days=2)) == [evil]


def test_the_file_is_its_owners_alone_and_a_damaged_one_is_explained(progress: Progress, tmp_path: Path) -> None:
    assert (tmp_path / "deep" / "progress.sqlite").stat().st_mode & 0o077 == 0
    (tmp_path / "bad.sqlite").write_bytes(b"not a database, certainly" * 100)
    with pytest.raises(EngineError, match="cannot be opened"):
        Progress(tmp_path / "bad.sqlite")
    with sqlite3.connect(tmp_path / "new.sqlite") as newer:
        newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(EngineError, match="version 9"):
        Progress(tmp_path / "new.sqlite")


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite"
    program = (
        "import sys, datetime, pathlib; from agent.progress import Progress\n"
        f"p = Progress(pathlib.Path({str(path)!r})); day = datetime.date(2026, 11, 23); p.welcome('Ann', day)\n"
        "for n in range(100000):\n"
        "    p.record('Ann', 'l', f's{n}', 5, remember=True, day=day); print(n, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout
    acknowledged = [process.stdout.readline() for _ in range(25)]
    process.kill()
    rest, _ = process.communicate()
    last = int((acknowledged + rest.split())[-1])
    with Progress(path) as progress:
        assert len(progress.due("Ann", "l", TODAY + timedelta(days=1), most=100_000)) >= last + 1
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_the_command_line_lists_exports_and_deletes(progress: Progress, tmp_path: Path) -> None:
    def learner(*words: str) -> subprocess.CompletedProcess[str]:
        arguments: list[str | Path] = [
            sys.executable,
            ROOT / "run_agent.py",
            "learner",
            *words,
            "--file",
            progress_file,
        ]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    progress_file = tmp_path / "deep" / "progress.sqlite"
    assert json.loads(learner("export", "Ann").stdout)["name"] == "Ann"
    assert learner("delete", "Ann", "--yes").returncode == 0
    assert "no learners yet" in learner("list").stdout
    gone = learner("delete", "Ann", "--yes")
    assert gone.returncode == 1
    assert "no learner 'Ann'" in gone.stderr
