"""One-switch access while talking: the highlight of `dialogue.scanning` over the controls of `agent.ease`."""

from agent.ease import CONTROLS
from dialogue.reply.commands import Command, phrases_of
from dialogue.scanning import Scan, ScanningSettings, highlight, press, tick


class Switch:
    """Moves the highlight and turns a press into the words that somebody who speaks would say."""

    def __init__(self, settings: ScanningSettings) -> None:
        self._settings = settings
        self._scan = Scan(0)

    def press(self, now_ms: int) -> str:
        """Press the switch and give the words of the command that was taken; empty when none was."""
        self._scan, control = press(self._scan, CONTROLS, self._settings, now_ms)
        return phrases_of(frozenset({Command(control.name)}))[0] if control else ""

    def highlighted(self, now_ms: int) -> str:
        """Name what is highlighted at a time, as "Voice" or "Voice: Louder"; empty while the highlight rests."""
        self._scan = tick(self._scan, CONTROLS, self._settings, now_ms)
        lit = highlight(self._scan, CONTROLS)
        if lit is None:
            return ""
        return f"{lit.group}: {lit.control.label}" if lit.control else lit.group
