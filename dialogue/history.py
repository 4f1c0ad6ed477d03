"""What was said in this conversation, and what of it was really heard."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Utterance:
    """One turn's words."""

    speaker: Literal["user", "agent"]
    text: str
    """For the agent: only what was heard."""
    interrupted: bool = False
