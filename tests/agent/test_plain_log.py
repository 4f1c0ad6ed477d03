import io
from pathlib import Path

import pytest

from agent.plain_log import PlainLog, plain_line
from dialogue.errors import InputError
from dialogue.history import Utterance


def test_every_utterance_is_one_plain_line() -> None:
    stream = io.StringIO()
    log = PlainLog(stream, name="Ada")
    log.note("listening")
    log.add(Utterance("user", "Where is\nthe \x1b[31m lift?\u202e"))
    log.add(Utterance("agent", "[smile] It is over", interrupted=True))
    assert stream.getvalue() == "listening\nYou: Where is the lift?\nAda: It is over ... (interrupted)\n"


def test_a_file_is_its_owners_alone_and_is_added_to(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with PlainLog.to_file(tmp_path / "log.txt") as log:
            log.add(Utterance("agent", text))
    assert (tmp_path / "log.txt").read_text() == "Visavis: one\nVisavis: two\n"
    assert (tmp_path / "log.txt").stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="choose another file"):
        PlainLog.to_file(tmp_path / "no" / "log.txt")


def test_a_line_has_no_escape_sequence_left() -> None:
    assert plain_line(Utterance("user", "\x1b]0;evil\x07a")).isprintable()
