import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.script import Stretch
from agent.sound import SPEAKER_RATE_HZ
from agent.speaking import Instruments, Reply
from agent.timed_speaker import TimedSpeaker
from agent.virtual_clock import run_virtually
from avatar.controls import Controls
from avatar.latents import LATENT_SIZE, Motion
from dialogue.audio import resample
from dialogue.errors import EngineError
from dialogue.sentences import Direction, Piece
from dialogue.speech import Samples, SpeechChunk
from dialogue.verbalise import SpokenAs
from tests.agent.tone_language import HEARING_RATE_HZ, ToneVoice, Vocabulary, bare_words

TEXT = "The lift is behind you on the left. It goes to all of the seven floors of this fine old house."
VOCABULARY = Vocabulary([TEXT])


def piece(text: str, *directions: Direction) -> Piece:
    return Piece(tuple(SpokenAs(word, word) for word in text.split()), directions)


async def two_sentences() -> AsyncGenerator[Piece, None]:
    for sentence in TEXT.split(". "):
        await asyncio.sleep(0.02)
        yield piece(sentence)


@dataclass
class Loudspeaker:
    """A timed loudspeaker and everything it played."""

    speaker: TimedSpeaker
    sound: list[Samples] = field(default_factory=list)

    def catch_up(self) -> None:
        heard = sum(map(len, self.sound))
        self.sound.append(self.speaker.played(heard, self.speaker.heard()))

    def words(self, end_position: int | None = None) -> list[str]:
        self.catch_up()
        sound = resample(np.concatenate(self.sound)[:end_position], SPEAKER_RATE_HZ, HEARING_RATE_HZ)
        return [word.text for word in VOCABULARY.understood(sound)]


Play = Callable[[Reply, Loudspeaker], Coroutine[Any, Any, None]]


def played(
    play: Play,
    pieces: Callable[[], AsyncGenerator[Piece, None]] = two_sentences,
    on_sound: Callable[[Stretch], None] = lambda stretch: None,
    **instruments: Any,
) -> tuple[Reply, Loudspeaker]:
    async def main() -> tuple[Reply, Loudspeaker]:
        loudspeaker = Loudspeaker(TimedSpeaker(asyncio.get_running_loop().time))
        on = Instruments(loudspeaker.speaker, ToneVoice(VOCABULARY), **instruments)
        reply = Reply(pieces, on, on_sound)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch(loudspeaker))
            await play(reply, loudspeaker)
            watching.cancel()
        loudspeaker.catch_up()
        return reply, loudspeaker

    async def watch(loudspeaker: Loudspeaker) -> None:
        while True:
            loudspeaker.catch_up()
            await asyncio.sleep(0.5)

    return run_virtually(main())


async def to_the_end(reply: Reply, _: Loudspeaker) -> None:
    reply.let_out()
    await reply.run()


def test_a_reply_is_heard_word_for_word() -> None:
    reply, loudspeaker = played(to_the_end)
    assert loudspeaker.words() == bare_words(TEXT)
    assert reply.heard_text() == TEXT.replace(". ", " ")
    assert reply.was_all_heard()


def test_nothing_is_heard_before_the_reply_is_let_out() -> None:
    async def play(reply: Reply, loudspeaker: Loudspeaker) -> None:
        running = asyncio.create_task(reply.run())
        await asyncio.sleep(3)
        assert loudspeaker.words() == []
        assert len(reply.words) == len(TEXT.split())
        reply.let_out()
        await running

    reply, _ = played(play)
    assert reply.times.first_heard_ms == 3000


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 6500))
def test_a_reply_stopped_at_any_moment_knows_its_heard_words_to_one_word(stop_ms: int) -> None:
    async def play(reply: Reply, loudspeaker: Loudspeaker) -> None:
        reply.let_out()
        running = asyncio.create_task(reply.run())
        await asyncio.sleep(stop_ms / 1000)
        reply.stop()
        running.cancel()
        await asyncio.wait([running])
        await asyncio.sleep(2)

    reply, loudspeaker = played(play)
    remembered = bare_words(reply.heard_text())
    heard = loudspeaker.words()
    assert remembered == bare_words(TEXT)[: len(remembered)]
    assert heard == bare_words(TEXT)[: len(heard)]
    assert abs(len(remembered) - len(heard)) <= 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(100, 2500), min_size=1, max_size=3))
def test_a_reply_held_at_any_moments_goes_on_without_losing_or_repeating_a_word(holds_ms: list[int]) -> None:
    async def play(reply: Reply, loudspeaker: Loudspeaker) -> None:
        reply.let_out()
        running = asyncio.create_task(reply.run())
        for hold_ms in holds_ms:
            await asyncio.sleep(hold_ms / 1000)
            if running.done():
                break
            position = reply.hold()
            await asyncio.sleep(1)
            assert not np.any(loudspeaker.speaker.played(position, loudspeaker.speaker.heard()))
            reply.resume()
        await running

    reply, loudspeaker = played(play)
    assert reply.heard_text() == TEXT.replace(". ", " ")
    # Half a word may be heard before the hold and the whole word after it, but no word is heard whole twice.
    heard = loudspeaker.words()
    once = [word for index, word in enumerate(heard) if index == 0 or heard[index - 1] != word]
    assert once == bare_words(TEXT)
    assert len(heard) - len(once) <= len(holds_ms)


def test_a_failing_voice_is_reported() -> None:
    class Hoarse:
        sample_rate_hz = SPEAKER_RATE_HZ

        async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
            yield SpeechChunk(np.zeros(2400, np.float32), SPEAKER_RATE_HZ)
            raise EngineError("no voice")

    async def main() -> None:
        speaker = TimedSpeaker(asyncio.get_running_loop().time)
        reply = Reply(two_sentences, Instruments(speaker, Hoarse()), lambda stretch: None)
        reply.let_out()
        await reply.run()

    with pytest.raises(ExceptionGroup) as raised:
        run_virtually(main())
    assert raised.group_contains(EngineError, match="no voice")


class Mover:
    """Makes row i of a reply say i, a row for every 40 ms pushed, 80 ms behind."""

    def __init__(self) -> None:
        self.samples = self.rows = 0

    def begin(self, seed: int, previous: Motion | None, controls: Controls) -> None:
        self.samples = self.rows = 0

    def push(self, chunk: SpeechChunk) -> Motion:
        self.samples += len(chunk.samples)
        return self._rows(self.samples // 960 - 2)

    def finish(self) -> Motion:
        return self._rows(-(-self.samples // 960))

    def _rows(self, until: int) -> Motion:
        new = np.arange(self.rows, max(self.rows, until), dtype=np.float32)
        self.rows += len(new)
        return np.repeat(new[:, None], LATENT_SIZE, axis=1)


@dataclass
class Mouth:
    """Writes down what it is told."""

    told: list[tuple[object, ...]] = field(default_factory=list)
    rows: int = 0

    def speak(self, at_s: float) -> None:
        self.told.append(("speak", at_s))

    def append(self, rows: Motion) -> None:
        assert list(rows[:, 0]) == list(range(self.rows, self.rows + len(rows)))
        self.rows += len(rows)

    def place(self, position_s: float, at_s: float) -> None:
        self.told.append(("place", position_s, at_s))

    def pause(self, at_s: float) -> None:
        self.told.append(("pause", at_s))

    def interrupt(self, at_s: float) -> None:
        self.told.append(("interrupt", at_s))


def test_the_face_gets_every_row_before_its_sound_and_follows_holds() -> None:
    mouth = Mouth()
    stretches: list[Stretch] = []

    async def play(reply: Reply, loudspeaker: Loudspeaker) -> None:
        reply.let_out()
        running = asyncio.create_task(reply.run())
        await asyncio.sleep(1.37)
        reply.hold()
        await asyncio.sleep(0.8)
        reply.resume()
        while not running.done():
            assert mouth.rows * 960 >= reply.reached()
            await asyncio.sleep(0.05)

    with ThreadPoolExecutor(1) as thread:
        played(play, on_sound=stretches.append, mover=Mover(), mover_thread=thread, mouth=mouth)
    assert [told[0] for told in mouth.told] == ["speak", "pause", "place"]
    resumed = stretches[1]
    assert mouth.told[2] == ("place", resumed.start / SPEAKER_RATE_HZ, resumed.position / SPEAKER_RATE_HZ)


def test_stage_directions_are_carried_out_when_their_word_is_heard() -> None:
    done: list[tuple[str, float]] = []

    async def pieces() -> AsyncGenerator[Piece, None]:
        yield piece("The lift is behind", Direction("nod", before_word=0), Direction("look", "left", before_word=3))
        yield Piece((), (Direction("stop"),))

    played(to_the_end, pieces, direct=lambda direction, at_s: done.append((direction.name, round(at_s, 2))))
    assert [name for name, _ in done] == ["nod", "look", "stop"]
    assert done[1][1] - done[0][1] == pytest.approx(0.75, abs=0.01)
