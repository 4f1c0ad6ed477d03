import numpy as np
import pytest

from agent.far_end import MARGIN_S, FarEnd
from dialogue.speech import Samples

MICROPHONE_HZ, SPEAKER_HZ = 16_000, 24_000


class Loudspeaker:
    """Has sent a tone of 440 Hz up to a position that the test sets."""

    sample_rate_hz = SPEAKER_HZ

    def __init__(self) -> None:
        self.position = 0

    def sent(self) -> int:
        return self.position

    def played(self, start: int, stop: int) -> Samples:
        at = np.arange(start, stop)
        return np.where(at < self.position, np.sin(2 * np.pi * 440 * at / SPEAKER_HZ), 0).astype(np.float32)


def read(bursts: list[int]) -> Samples:
    """Read a 10 ms block after each advance of the loudspeaker (samples)."""
    loudspeaker = Loudspeaker()
    far_end = FarEnd(loudspeaker, MICROPHONE_HZ)
    blocks = []
    for burst in bursts:
        loudspeaker.position += burst
        blocks.append(far_end.block(160))
    return np.concatenate(blocks)


def is_one_tone(sound: Samples, purity: float = 0.999) -> bool:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    peak = int(spectrum.argmax())
    return bool(spectrum[max(0, peak - 4) : peak + 5].sum() > purity * spectrum.sum())


def test_blocks_follow_each_other_without_a_gap_although_devices_work_in_bursts() -> None:
    random = np.random.default_rng(0)
    bursts = [int(n) for n in random.choice([0, 240, 480], 400)]
    bursts = [240] * 20 + [b for pair in zip(bursts, [480 - b for b in bursts], strict=True) for b in pair]
    assert is_one_tone(read(bursts)[4000:])


@pytest.mark.parametrize("drift", [-0.0002, 0.0002])
def test_drifting_clocks_are_followed_without_a_jump(drift: float) -> None:
    ends = np.round(np.arange(1, 12_001) * 240 * (1 + drift)).astype(int)
    sound = read([int(n) for n in np.diff(ends, prepend=0)])
    assert is_one_tone(sound[-16_000:], 0.99)


def test_what_is_read_lies_closely_behind_what_was_sent() -> None:
    class Ramp(Loudspeaker):
        def played(self, start: int, stop: int) -> Samples:
            at = np.arange(start, stop)
            return np.where(at < self.position, at, 0).astype(np.float32)

    loudspeaker = Ramp()
    far_end = FarEnd(loudspeaker, MICROPHONE_HZ)
    for index in range(12_000):
        loudspeaker.position = round((index + 1) * 240 * 1.0002)
        block = far_end.block(160)
    behind_s = (loudspeaker.position - float(block[-1])) / SPEAKER_HZ
    assert MARGIN_S <= behind_s < MARGIN_S + 0.03


def test_after_an_interruption_of_the_device_it_starts_anew() -> None:
    sound = read([240] * 100 + [24_000] + [240] * 200)
    assert is_one_tone(sound[-16_000:])
