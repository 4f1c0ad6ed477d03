"""The conversation as plain lines, for screen readers, Braille displays and files: a line an utterance, as it ends."""

import re
import unicodedata
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from dialogue.errors import InputError
from dialogue.history import Utterance

_NAMES = {"user": "You", "agent": "Visavis"}


def plain_line(utterance: Utterance, name: str = "") -> str:
    """Write an utterance as one line without stage directions, control characters or escape sequences."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\[[^\]]*\]", " ", utterance.text)
    text = "".join(
        (" " if character in "\n\r\t" else "") if unicodedata.category(character)[0] == "C" else character
        for character in text
    )
    ending = " ... (interrupted)" if utterance.interrupted else ""
    speaker = _NAMES[utterance.speaker] if utterance.speaker == "user" else name or _NAMES["agent"]
    return f"{speaker}: {' '.join(text.split())}{ending}"


class PlainLog:
    """Writes lines to a terminal or a file, each at once. A file holds what was said: the profile must allow it."""

    def __init__(self, stream: TextIO, name: str = "") -> None:
        """Write to an open stream; `name` is the agent's."""
        self._stream, self._name = stream, name

    @classmethod
    def to_file(cls, path: Path, name: str = "") -> Self:
        """Append to a file that only its owner may read. Raises InputError when it cannot be written."""
        try:
            path.touch(mode=0o600)
            return cls(path.open("a", encoding="utf-8"), name)
        except OSError as exc:
            raise InputError(f"the log {path} cannot be written ({exc}): choose another file") from exc

    def add(self, utterance: Utterance) -> None:
        """Write an utterance."""
        self.note(plain_line(utterance, self._name))

    def note(self, line: str) -> None:
        """Write a line of the program's own, such as "listening"."""
        self._stream.write(line + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        """Use as a context manager to close the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
