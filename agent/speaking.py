"""One reply, from the first word thought of to the last sample heard: composed ahead, let out, held, stopped."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Executor
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from agent.script import SpokenWord, Stretch, cut, heard_words, place_words, reached, resume_offset, spread, written
from agent.sound import Speaker
from avatar.controls import Controls
from avatar.latents import FRAME_RATE_HZ, Motion
from dialogue.sentences import Direction, Piece
from dialogue.speech import Samples, SpeechChunk, Word

BLOCK_S = 0.08
"""Sound is handed to the loudspeaker in blocks of at most so much."""
LEAD_S = 0.3
"""So much waits in the loudspeaker's queue: enough for a busy moment, little to drop when interrupted."""
AHEAD_S = 20.0
"""So much is composed ahead of what is being heard; a long reply waits rather than fill the memory."""
BEGUN_S = 0.35
"""A reply cut off earlier than this was no reply: it and the user began at the same time."""
PAUSE_S = 0.15
"""Silence between two pieces."""


class Voice(Protocol):
    """A synthesiser that can be awaited (`dialogue.synthesise.stream.VoiceStream`)."""

    sample_rate_hz: int
    """The loudspeaker's."""

    def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Stream one piece; closing the iterator stops the voice. Raises EngineError."""
        ...


class Mover(Protocol):
    """The part of `avatar.motion.MotionGenerator` that a reply uses; blocks, so it is called on a thread."""

    def begin(self, seed: int, previous: Motion | None, controls: Controls) -> None:
        """Start a reply."""
        ...

    def push(self, chunk: SpeechChunk) -> Motion:
        """Give the rows that became certain with this chunk."""
        ...

    def finish(self) -> Motion:
        """End the piece and give the rows still owed."""
        ...


class Mouth(Protocol):
    """The part of `avatar.animator.Animator` that a reply moves. Times are seconds on the clock of the loudspeaker."""

    def speak(self, at_s: float) -> None:
        """Begin a reply whose first sample is heard at `at_s`."""
        ...

    def append(self, rows: Motion) -> None:
        """Take the reply's next rows."""
        ...

    def place(self, position_s: float, at_s: float) -> None:
        """Say that from `at_s` on the reply is heard from `position_s`."""
        ...

    def pause(self, at_s: float) -> None:
        """Say that nothing of the reply is heard from `at_s` on, until `place`."""
        ...

    def interrupt(self, at_s: float) -> None:
        """End the reply at `at_s`."""
        ...


@dataclass(frozen=True, slots=True)
class Instruments:
    """What a reply is played on; `mover`, `mover_thread` and `mouth` go together and are absent without a face."""

    speaker: Speaker
    voice: Voice
    mover: Mover | None = None
    mover_thread: Executor | None = None
    mouth: Mouth | None = None
    direct: Callable[[Direction, float], None] = lambda direction, at_s: None
    """Carries out a stage direction at a time (seconds) of the loudspeaker's clock."""


@dataclass(slots=True)
class ReplyTimes:
    """When the parts of a reply first were there, in ms of the conversation's clock."""

    first_token_ms: int | None = None
    first_piece_ms: int | None = None
    first_sample_ms: int | None = None
    first_heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedDirection:
    """A stage direction and the sample of the reply's sound at which it is due."""

    direction: Direction
    at: int


@dataclass(slots=True)
class Composition:
    """What a reply sounds and looks like, as far as it is composed."""

    sample_rate_hz: int
    sound: list[Samples] = field(default_factory=list)
    samples: int = 0
    rows: list[Motion] = field(default_factory=list)
    words: list[SpokenWord] = field(default_factory=list)
    directions: list[PlacedDirection] = field(default_factory=list)
    """Not carried out yet."""
    is_complete: bool = False

    def append(self, samples: Samples) -> None:
        """Add sound at the end."""
        if len(samples):
            self.sound.append(samples)
            self.samples += len(samples)

    def between(self, start: int, end: int) -> Samples:
        """Copy samples [start, end)."""
        parts, at = [], 0
        for piece in self.sound:
            if at < end and start < at + len(piece):
                parts.append(piece[max(0, start - at) : end - at])
            at += len(piece)
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class Reply:
    """One reply. `run` composes it and, once `let_out` is called, plays it to its end.

    Everything happens on the event loop's thread; between two waits nothing can cut in, so that after `hold` or `stop`
    no sample of this reply reaches the loudspeaker.
    """

    def __init__(
        self,
        pieces: Callable[[], AsyncGenerator[Piece, None]],
        instruments: Instruments,
        on_sound: Callable[[Stretch], None],
        answers: str = "",
        seed: int = 0,
    ) -> None:
        self._pieces, self._on = pieces, instruments
        self._on_sound = on_sound
        self.answers = answers
        """The user's words; empty for what the agent says of its own accord."""
        self.times = ReplyTimes()
        self._rate_hz = instruments.speaker.sample_rate_hz
        self._composed = Composition(self._rate_hz)
        self._stretches: tuple[Stretch, ...] = ()
        self._offset = 0
        self._rows_given = 0
        self._seed = seed
        self._may_sound = asyncio.Event()
        self._grown = asyncio.Event()

    @property
    def words(self) -> list[SpokenWord]:
        """All words composed so far."""
        return self._composed.words

    def reached(self) -> int:
        """Tell how far the listener is in the reply's own sound (samples)."""
        return reached(self._stretches, self._on.speaker.heard())

    def heard_text(self) -> str:
        """Give the words heard so far, or until it was stopped."""
        return written(heard_words(self.words, self.reached()))

    def has_begun(self) -> bool:
        """Tell whether enough of it was heard to count as having been said at all."""
        least = round(BEGUN_S * self._rate_hz)
        if self._composed.is_complete and self.words:
            least = min(least, self.words[-1].end)
        return self.reached() >= least

    def was_all_heard(self) -> bool:
        """Tell whether nothing of it was left unsaid."""
        return self._composed.is_complete and len(heard_words(self.words, self.reached())) == len(self.words)

    def note_token(self) -> None:
        """Note that words of it were thought of."""
        self._note("first_token_ms")

    def is_speech_at(self, position: int) -> bool:
        """Tell whether this loudspeaker position carries sound of this reply."""
        return any(s.position <= position < s.until for s in self._stretches)

    def let_out(self) -> None:
        """Let the reply be heard from now on."""
        self._may_sound.set()

    def hold(self) -> int:
        """Fall silent at once; tells the loudspeaker position of the last sample."""
        self._may_sound.clear()
        position = self._silence()
        if self._on.mouth:
            self._on.mouth.pause(position / self._rate_hz)
        self._offset = resume_offset(self.words, reached(self._stretches, position))
        return position

    def resume(self) -> None:
        """Go on at the beginning of the word that was cut."""
        self._may_sound.set()

    def stop(self) -> int:
        """Fall silent at once and for good; tells the loudspeaker position of the last sample."""
        self._may_sound.clear()
        position = self._silence()
        if self._on.mouth and self._stretches:
            self._on.mouth.interrupt(position / self._rate_hz)
        return position

    async def until_wanted(self) -> None:
        """Wait until the reply is let out."""
        await self._may_sound.wait()

    async def run(self) -> None:
        """Compose and play until all was heard. Raises EngineError when the voice fails."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._compose(), name="compose")
            group.create_task(self._play(), name="play")

    def _silence(self) -> int:
        if not self._stretches or self._stretches[-1].until <= self._on.speaker.heard():
            return self._on.speaker.heard()
        position = self._on.speaker.stop()
        self._stretches = cut(self._stretches, position)
        return position

    async def _compose(self) -> None:
        if self._on.mover:
            run = asyncio.get_running_loop().run_in_executor
            await run(self._on.mover_thread, self._on.mover.begin, self._seed, None, Controls())
        async with aclosing(self._pieces()) as pieces:
            async for piece in pieces:
                self._note("first_piece_ms")
                await self._compose_piece(piece)
                await self._wait_until_wanted()
        self._composed.is_complete = True
        self._grown.set()

    async def _compose_piece(self, piece: Piece) -> None:
        composed, start, words_before = self._composed, self._composed.samples, len(self._composed.words)
        voiced: list[Word] = []
        async with aclosing(self._on.voice.speak(piece.spoken)) as chunks:
            async for chunk in chunks:
                self._note("first_sample_ms")
                await self._move(chunk)
                voiced += chunk.words
                if chunk.words:
                    composed.words[words_before:] = place_words(piece.words, voiced, start, self._rate_hz)
                composed.append(chunk.samples)
                self._grown.set()
        if len(composed.words) == words_before or not voiced:
            composed.words += spread(piece.words, start, composed.samples)
        self._place_directions(piece, composed.words[words_before:], start)
        if composed.samples > start:
            await self._pause()
        self._grown.set()

    def _place_directions(self, piece: Piece, words: Sequence[SpokenWord], start: int) -> None:
        starts = [word.start for word in words] or [start]
        for direction in piece.directions:
            at = starts[direction.before_word] if direction.before_word < len(starts) else self._composed.samples
            self._composed.directions.append(PlacedDirection(direction, at))

    async def _pause(self) -> None:
        silence = np.zeros(round(PAUSE_S * self._rate_hz), np.float32)
        await self._move(SpeechChunk(silence, self._rate_hz), last=True)
        self._composed.append(silence)

    async def _move(self, chunk: SpeechChunk, *, last: bool = False) -> None:
        if self._on.mover is None:
            return
        run = asyncio.get_running_loop().run_in_executor
        self._composed.rows += list(await run(self._on.mover_thread, self._on.mover.push, chunk))
        if last:
            self._composed.rows += list(await run(self._on.mover_thread, self._on.mover.finish))

    async def _wait_until_wanted(self) -> None:
        while (too_much := (self._composed.samples - self._offset) / self._rate_hz - AHEAD_S) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(too_much, 1.0))

    async def _play(self) -> None:
        while (stop := await self._next_stop()) is not None:
            start, composed = self._offset, self._composed
            position = await self._on.speaker.play(composed.between(start, stop))
            self._offset = stop
            self._place(Stretch(start, stop, position))
        end = self._composed.samples
        self._direct(Stretch(end, end + 1, self._on.speaker.heard()))

    async def _next_stop(self) -> int | None:
        """Wait until there is something to play and room for it; None when everything was heard."""
        while True:
            await self._may_sound.wait()
            ready = self._ready()
            if ready > self._offset and (wait_s := self._surplus_s()) <= 0:
                return min(ready, self._offset + round(BLOCK_S * self._rate_hz))
            if ready > self._offset:
                await asyncio.sleep(wait_s)
            elif not self._composed.is_complete:
                self._grown.clear()
                await self._grown.wait()
            elif (rest_s := self._unheard_s()) > 0:
                await asyncio.sleep(rest_s)
            else:
                return None

    def _ready(self) -> int:
        """Tell up to which sample there is sound and, where there is a face, motion for it."""
        composed = self._composed
        if composed.is_complete or self._on.mover is None:
            return composed.samples
        return min(composed.samples, len(composed.rows) * self._rate_hz // FRAME_RATE_HZ)

    def _surplus_s(self) -> float:
        speaker = self._on.speaker
        return (speaker.end() - speaker.heard()) / self._rate_hz - LEAD_S

    def _unheard_s(self) -> float:
        end = self._stretches[-1].until if self._stretches else 0
        return (end - self._on.speaker.heard()) / self._rate_hz

    def _place(self, stretch: Stretch) -> None:
        last = self._stretches[-1] if self._stretches else None
        if last and (last.end, last.until) == (stretch.start, stretch.position):
            self._stretches = (*self._stretches[:-1], replace(last, end=stretch.end))
        else:
            self._stretches = (*self._stretches, stretch)
            self._begin_stretch(stretch)
        self._give_rows()
        self._direct(stretch)

    def _direct(self, stretch: Stretch) -> None:
        """Carry out the stage directions that fall into this sound."""
        due = [placed for placed in self._composed.directions if placed.at < stretch.end]
        del self._composed.directions[: len(due)]
        for placed in due:
            position = stretch.position + max(0, placed.at - stretch.start)
            self._on.direct(placed.direction, position / self._rate_hz)

    def _begin_stretch(self, stretch: Stretch) -> None:
        """Announce sound that does not follow on what was heard before."""
        at_s = stretch.position / self._rate_hz
        if self._on.mouth and len(self._stretches) == 1:
            self._on.mouth.speak(at_s)
        elif self._on.mouth:
            self._on.mouth.place(stretch.start / self._rate_hz, at_s)
        if self.times.first_heard_ms is None:
            self.times.first_heard_ms = stretch.position * 1000 // self._rate_hz
        self._on_sound(stretch)

    def _give_rows(self) -> None:
        if self._on.mouth is None:
            return
        if rows := self._composed.rows[self._rows_given :]:
            self._on.mouth.append(np.stack(rows))
            self._rows_given += len(rows)

    def _note(self, name: str) -> None:
        if getattr(self.times, name) is None:
            setattr(self.times, name, self.now_ms())

    def now_ms(self) -> int:
        """Tell the time of the conversation's clock."""
        return self._on.speaker.heard() * 1000 // self._rate_hz
