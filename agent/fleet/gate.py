"""Which commands from the line are obeyed: well-formed, fresh, not too many. Pure; time is an argument."""

import random
from collections import OrderedDict
from dataclasses import dataclass, field

from agent.fleet.messages import Answer, Command, identifier_in, read_command
from dialogue.errors import InputError

BURST = 10
REMEMBERED = 256
"""Identifiers; the broker may deliver a command twice."""
FIRST_WAIT_S = 1.0


@dataclass(slots=True)
class Allowance:
    """A token bucket: `per_s` in the long run, `burst` at once."""

    per_s: float
    burst: int = BURST
    _left: float = field(init=False)
    _at_s: float = field(init=False, default=float("-inf"))

    def __post_init__(self) -> None:
        self._left = float(self.burst)

    def take(self, now_s: float) -> bool:
        """Take one if there is one left at this time of a clock that never goes back."""
        self._left = min(self.burst, self._left + max(0.0, now_s - self._at_s) * self.per_s)
        self._at_s = max(now_s, self._at_s)
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Gate:
    """Decides on each payload: a command to obey, an answer that refuses it, or silence."""

    def __init__(self, commands_per_s: float) -> None:
        self._commands = Allowance(commands_per_s)
        self._refusals = Allowance(commands_per_s)
        self._answers: OrderedDict[str, Answer | None] = OrderedDict()
        self.refused = 0

    def admit(self, payload: bytes, *, retained: bool, now_s: float) -> Command | Answer | None:
        """Judge what came in.

        Retained commands are refused, because they would be obeyed again at every connection. Refusals are limited
        like commands, so that a flood is not answered with a flood: None then.
        """
        identifier = identifier_in(payload)
        if identifier in self._answers:
            return self._answers[identifier]
        if retained:
            return self._refuse(identifier, "retained commands are not obeyed: send it without the retain flag", now_s)
        if not self._commands.take(now_s):
            return self._refuse(identifier, "too many commands: wait a moment and send it again", now_s)
        try:
            command = read_command(payload)
        except InputError as error:
            return self._refuse(identifier, str(error), now_s)
        self._remember(command.id, None)
        return command

    def answered(self, answer: Answer) -> None:
        """Keep what came of a command, to give the same answer if it is delivered again."""
        if answer.id in self._answers:
            self._answers[answer.id] = answer

    def _remember(self, identifier: str, answer: Answer | None) -> None:
        self._answers[identifier] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def _refuse(self, identifier: str, reason: str, now_s: float) -> Answer | None:
        self.refused += 1
        if not identifier or not self._refusals.take(now_s):
            return None
        return Answer(id=identifier, ok=False, error=reason)


def wait_s(attempt: int, longest_s: float, chance: random.Random) -> float:
    """Say how long to wait before attempt 1, 2, ... to connect again: doubling, spread so that a fleet does not rush.

    Between half and all of min(longest_s, 1, 2, 4, ...) seconds.
    """
    whole_s = min(longest_s, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 32))
    return whole_s * chance.uniform(0.5, 1.0)
