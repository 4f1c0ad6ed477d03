"""`--stats`: the ledger's figures in the terminal while the conversation goes on."""

import asyncio

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agent.ledger import PictureEntry
from agent.session import Session
from agent.waterfall import summary

EVERY_S = 0.5


async def show_stats(session: Session) -> None:
    """Draw the table on standard error until cancelled."""
    with Live(console=Console(stderr=True), auto_refresh=False) as live:
        while True:
            live.update(_drawn(session), refresh=True)
            await asyncio.sleep(EVERY_S)


def _drawn(session: Session) -> Group:
    entries = session.ledger.entries
    latest = next((entry for entry in reversed(entries) if isinstance(entry, PictureEntry)), None)
    state = f"{session.activity.value} {session.now_ms / 1000:.0f} s"
    if latest:
        state += (
            f" · {latest.rate_hz:.0f} frames/s, {latest.late} late · recogniser {latest.recogniser_behind_ms} ms behind"
            f" · {latest.underruns} underruns · {latest.dropped_blocks} blocks dropped"
        )
    return Group(summary(entries, "This conversation").table(), Text(state))
