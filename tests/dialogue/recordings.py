"""Speech to test hearing with: recordings where they are at hand, flite's voice otherwise."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dialogue.audio import read_sound
from dialogue.speech import Samples
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from tests.dialogue.synthesise.listening import samples_of
from tests.dialogue.synthesise.listening import spoken as chunks_of

RECORDINGS = Path(__file__).parents[3] / "shared" / "data"
needs_recordings = pytest.mark.skipif(
    not (RECORDINGS / "speech").is_dir(),
    reason="the recordings are not part of the repository: put them into ../shared/data",
)


@cache
def transcripts() -> dict[str, str]:
    """What each recording says, by its path below `speech`."""
    lines = (RECORDINGS / "speech" / "transcripts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return dict(line.split("\t") for line in lines)


@cache
def recording(name: str) -> Samples:
    """16 kHz mono."""
    return read_sound(RECORDINGS / name).samples


@cache
def spoken(text: str) -> Samples:
    """A man's voice, with the silence around it that a microphone would hear, 16 kHz."""
    silence = np.random.default_rng(0).normal(0, 1e-4, 6400).astype(np.float32)
    return np.concatenate([silence, samples_of(chunks_of(FliteVoice(FliteSettings(voice="rms")), text)), silence])
