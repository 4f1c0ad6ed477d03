"""One-switch scanning: every control reached by a single key, pure.

The highlight moves over groups, then over the controls of one group, every `step_ms` by itself; the switch takes what
is highlighted. Times are arguments, so it runs on any clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import Field

from dialogue.section import Section


class ScanningSettings(Section):
    """Section `scanning`: one-switch access."""

    enabled: bool = Field(False, description="move a highlight over all controls; one key takes what it is on")
    key: str = Field("space", description="the switch: a key's name")
    step_ms: int = Field(1200, ge=300, le=10_000, description="how long each control is highlighted")
    first_ms: int = Field(800, ge=0, le=5000, description="how much longer the first one is, to get ready")
    rounds: int = Field(3, ge=1, le=20, description="rounds without a press before the highlight rests")
    debounce_ms: int = Field(150, ge=0, le=2000, description="presses that follow sooner than this are tremor")


@dataclass(frozen=True, slots=True)
class Control:
    """Something that can be done; `group` is what it is shown under."""

    name: str
    """The command it gives, as in `dialogue.reply.commands`, or a key's action."""
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Scan:
    """Where the highlight is."""

    since_ms: int
    at: int = 0
    group: str = ""
    """The group being scanned; empty while groups themselves are."""
    round: int = 0
    resting: bool = True
    """Nothing is highlighted until the switch is pressed."""
    pressed_ms: int = -(10**9)


@dataclass(frozen=True, slots=True)
class Highlight:
    """What to show as highlighted: a group, or one control."""

    group: str
    control: Control | None = None


BACK = Control("back", "Back", "")
"""Last in every group, to leave it again."""


def groups_of(controls: Sequence[Control]) -> tuple[str, ...]:
    """Give the groups in order of appearance."""
    return tuple(dict.fromkeys(control.group for control in controls))


def tick(scan: Scan, controls: Sequence[Control], settings: ScanningSettings, now_ms: int) -> Scan:
    """Move the highlight on as far as time has gone."""
    while not scan.resting:
        lasts_ms = settings.step_ms + (settings.first_ms if scan.at == 0 else 0)
        if now_ms - scan.since_ms < lasts_ms:
            return scan
        count = len(_within(scan.group, controls) if scan.group else groups_of(controls))
        scan = _moved(scan, count, settings, scan.since_ms + lasts_ms)
    return scan


def press(
    scan: Scan, controls: Sequence[Control], settings: ScanningSettings, now_ms: int
) -> tuple[Scan, Control | None]:
    """Press the switch: wake the highlight, enter a group, or take a control, which is returned."""
    if now_ms - scan.pressed_ms < settings.debounce_ms:
        return scan, None
    scan = replace(tick(scan, controls, settings, now_ms), pressed_ms=now_ms)
    top = Scan(now_ms, resting=False, pressed_ms=now_ms)
    if scan.resting or not controls:
        return replace(top, resting=not controls), None
    if not scan.group:
        return replace(top, group=groups_of(controls)[scan.at]), None
    taken = _within(scan.group, controls)[scan.at]
    if taken == BACK:
        return top, None
    # The same again is the likeliest next wish (louder, louder), so the highlight stays in the group.
    return replace(scan, since_ms=now_ms, round=0), taken


def highlight(scan: Scan, controls: Sequence[Control]) -> Highlight | None:
    """Say what is highlighted; None while resting."""
    if scan.resting:
        return None
    if not scan.group:
        return Highlight(groups_of(controls)[scan.at])
    return Highlight(scan.group, _within(scan.group, controls)[scan.at])


def _within(group: str, controls: Sequence[Control]) -> tuple[Control, ...]:
    return (*(control for control in controls if control.group == group), BACK)


def _moved(scan: Scan, count: int, settings: ScanningSettings, at_ms: int) -> Scan:
    """Go to the next; after enough rounds out of the group, and from the groups to rest."""
    if scan.at + 1 < count:
        return replace(scan, at=scan.at + 1, since_ms=at_ms)
    if scan.round + 1 < settings.rounds:
        return replace(scan, at=0, round=scan.round + 1, since_ms=at_ms)
    return Scan(at_ms, resting=not scan.group, pressed_ms=scan.pressed_ms)
