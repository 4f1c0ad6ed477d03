import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.ledger import TurnEntry, read_ledger
from tests.e2e.conftest import ROOT, bare_environment

pytestmark = pytest.mark.timeout(300)


def run(folder: Path, *arguments: str, typed: str = "") -> str:
    """Run a command as the learner would and give what it prints; learners' progress lies in `folder`."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_agent.py"), *arguments],
        env=bare_environment(folder) | {"XDG_DATA_HOME": str(folder / "kept")},
        input=typed,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def lesson(folder: Path, day: str, *answers: str, transcript: Path | None = None) -> list[TurnEntry]:
    """Take a lesson by typing, and give its turns; the greeting is the first."""
    config, ledger = folder / "tables.yaml", folder / f"{day}.jsonl"
    config.write_text(
        (ROOT / "assets" / "profiles" / "tutor.yaml").read_text().replace("travel_english", "times_tables")
    )
    wanted = ("--transcript", str(transcript)) if transcript else ()
    files = ("--record", str(folder / "lesson.mp4"), "--ledger", str(ledger))
    run(
        folder,
        "talk",
        "--profile",
        str(config),
        "--learner",
        "Ann",
        "--text",
        *files,
        *wanted,
        typed="\n".join(answers),
    )
    return [entry for entry in read_ledger(ledger) if isinstance(entry, TurnEntry)]


def test_a_lesson_judges_answers_answers_questions_and_goes_on_the_next_time(tmp_path: Path) -> None:
    transcript = tmp_path / "lesson.html"
    turns = lesson(
        tmp_path, "monday", "seven", "twelve", "when do I use the present perfect?", "it's 12, I think",
        "goodbye", transcript=transcript,
    )  # fmt: skip
    greeting, mistaken, right, aside, by_meaning, farewell = [turn.heard for turn in turns]
    assert "How many dots are there" in greeting
    assert "Count all the dots" in mistaken
    assert "Twelve" in right
    assert "Four rows of three" in right
    assert "the past that still matters" in aside
    assert "Four rows of three" in aside
    assert "two times six" in by_meaning
    assert "See you next time" in farewell
    assert not any(turn.interrupted for turn in turns)

    page = transcript.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "seven" in page

    kept = json.loads(run(tmp_path, "learner", "export", "Ann"))
    assert [place["step"] for place in kept["place"]] == ["twos"]
    assert {answer["step"]: answer["quality"] for answer in kept["answer"]} == {"groups": 3, "turned": 5}

    again, next_one = [turn.heard for turn in lesson(tmp_path, "tuesday", "twelve")]
    assert "Welcome back" in again
    assert "two times six" in again
    assert "two times eight" in next_one
    assert [place["step"] for place in json.loads(run(tmp_path, "learner", "export", "Ann"))["place"]] == ["twos_8"]
