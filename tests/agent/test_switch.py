from agent.ease import CONTROLS
from agent.switch import Switch
from dialogue.reply.commands import HANDS_FREE, Command, command_in
from dialogue.scanning import ScanningSettings

SETTINGS = ScanningSettings(enabled=True, step_ms=1000, first_ms=0)


def press_at(switch: Switch, now_ms: int, wanted: str) -> tuple[str, int]:
    """Press as soon as the highlight is on something; gives the words of the command and when it was."""
    while switch.highlighted(now_ms) != wanted:
        now_ms += 100
        assert now_ms < 1_000_000, wanted
    return switch.press(now_ms), now_ms


def test_every_control_is_reached_with_one_key_and_says_its_command() -> None:
    for control in CONTROLS:
        switch = Switch(SETTINGS)
        assert switch.highlighted(0) == ""
        assert switch.press(1000) == ""
        words, now_ms = press_at(switch, 1200, control.group)
        assert words == ""
        words, now_ms = press_at(switch, now_ms + 200, f"{control.group}: {control.label}")
        assert command_in(words, HANDS_FREE) is Command(control.name)
