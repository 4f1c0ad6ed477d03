import random

import pytest

from agent.fleet.gate import BURST, REMEMBERED, Allowance, Gate, wait_s
from agent.fleet.messages import Answer, Stop


def stop(identifier: str) -> bytes:
    return b'{"id": "%s", "command": "stop"}' % identifier.encode()


def test_a_proper_command_passes_once() -> None:
    gate = Gate(commands_per_s=1)
    assert gate.admit(stop("a"), retained=False, now_s=0) == Stop(id="a")
    assert gate.admit(stop("a"), retained=False, now_s=1) is None  # under way: its answer will come
    gate.answered(Answer(id="a", ok=True))
    assert gate.admit(stop("a"), retained=False, now_s=2) == Answer(id="a", ok=True)


def test_too_many_commands_are_refused_and_later_ones_pass_again() -> None:
    gate = Gate(commands_per_s=2)
    judged = [gate.admit(stop(f"n{number}"), retained=False, now_s=0) for number in range(3 * BURST)]
    assert [isinstance(one, Stop) for one in judged].count(True) == BURST
    assert [isinstance(one, Answer) for one in judged].count(True) == BURST  # the rest in silence
    assert isinstance(gate.admit(stop("later"), retained=False, now_s=0.5), Stop)
    assert gate.refused == 2 * BURST


def test_a_retained_command_is_not_obeyed() -> None:
    judged = Gate(1).admit(stop("a"), retained=True, now_s=0)
    assert isinstance(judged, Answer)
    assert not judged.ok


def test_nonsense_without_an_identifier_is_not_answered() -> None:
    assert Gate(1).admit(b"\xff\x00", retained=False, now_s=0) is None


def test_only_so_many_identifiers_are_remembered() -> None:
    gate = Gate(commands_per_s=100)
    for number in range(REMEMBERED + 1):
        assert isinstance(gate.admit(stop(f"n{number}"), retained=False, now_s=float(number)), Stop)
    assert isinstance(gate.admit(stop("n0"), retained=False, now_s=1e6), Stop)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    allowance = Allowance(per_s=1, burst=1)
    assert allowance.take(100)
    assert not allowance.take(50)
    assert not allowance.take(100.5)
    assert allowance.take(101.6)


@pytest.mark.parametrize(("attempt", "whole_s"), [(1, 1), (2, 2), (5, 16), (9, 60), (10_000, 60)])
def test_waits_double_up_to_the_longest_and_are_spread(attempt: int, whole_s: float) -> None:
    waits = [wait_s(attempt, 60, random.Random(seed)) for seed in range(200)]
    assert whole_s / 2 <= min(waits) < 0.55 * whole_s
    assert 0.95 * whole_s < max(waits) <= whole_s
