import asyncio
from pathlib import Path

import numpy as np
import pytest

from agent.config import ROOT
from agent.sound import MICROPHONE_RATE_HZ
from agent.sound_file import LEAD_IN_S, TRAIL_S, FileMicrophone
from agent.virtual_clock import VirtualClockLoop
from dialogue.audio import read_sound
from dialogue.errors import InputError

QUESTION = ROOT / "assets" / "speech" / "question.flac"


def test_a_file_is_heard_once_started_in_real_time_and_ends() -> None:
    loop = VirtualClockLoop()

    async def listen() -> tuple[np.ndarray, FileMicrophone, float]:
        microphone = FileMicrophone(QUESTION, loop.time)
        loop.call_later(2.0, microphone.start)
        began_s = loop.time()
        blocks = [block async for block in microphone.blocks()]
        return np.concatenate(blocks), microphone, loop.time() - began_s

    heard, microphone, took_s = loop.run_until_complete(listen())
    loop.close()
    sound = read_sound(QUESTION).samples
    start = len(heard) - len(sound) - round(TRAIL_S * MICROPHONE_RATE_HZ) // 160 * 160
    assert abs(took_s - len(heard) / MICROPHONE_RATE_HZ) < 0.02
    assert heard[: round((2.0 + LEAD_IN_S) * MICROPHONE_RATE_HZ) - 320].max() == 0
    aligned = np.correlate(heard[start - 400 : start + 400 + 8000], sound[:8000], "valid")
    offset = start - 400 + int(np.argmax(aligned))
    np.testing.assert_array_equal(heard[offset : offset + 16000], sound[:16000])
    again = microphone.between(microphone.began_s + LEAD_IN_S, microphone.began_s + LEAD_IN_S + 1.0, 16_000)
    np.testing.assert_allclose(again, sound[:16000], atol=1e-3)


def test_what_is_no_sound_is_refused_with_a_sentence() -> None:
    async def open_it() -> None:
        FileMicrophone(Path(__file__), lambda: 0.0)

    with pytest.raises(InputError):
        asyncio.run(open_it())
