"""Conversations written down: what is said when, and what must come of it. Played on a virtual clock.

A scenario is a YAML file. Times are seconds from the beginning, or the name of something said: its end, or with
".start" its beginning.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from agent.ledger import Ledger, OverlapEntry, TurnEntry
from agent.session import ConversationSettings, Session, Stages
from agent.sound import MICROPHONE_BLOCK_SAMPLES, MICROPHONE_RATE_HZ, SPEAKER_RATE_HZ
from agent.timed_speaker import TimedSpeaker
from dialogue.errors import ConfigError, DeviceError
from dialogue.history import Utterance
from dialogue.section import Section
from dialogue.settings_file import read_section
from dialogue.speech import Samples
from dialogue.turns import Phase

Moment = float | str

SOUND_LEVEL = 0.004
"""The loudspeaker counts as sounding above this."""
SAMPLED_EVERY_S = 0.01
ROOM_SAMPLES = SPEAKER_RATE_HZ * 50 // 1000
"""From the loudspeaker through the air and the microphone's own latency."""


class Happening(Section):
    """One thing that the outside world does."""

    at: Moment
    plus: float = 0.0
    """Seconds to add to `at`."""
    name: str = ""
    say: str = ""
    """Words the user says into the microphone."""
    pause_after: dict[int, float] = Field(default_factory=dict)
    """Seconds of silence after so many words."""
    noise_s: float = 0.0
    """A noise of this length: a cough, a door."""
    level: float = 0.3
    """Loudness of the noise."""
    type: str = ""
    """A line the user types."""
    press_s: float = 0.0
    """The talk button is held for so long."""
    lose_microphone_s: float = 0.0
    """The microphone is away for so long."""


class Sounds(Section):
    """The agent is heard within a time."""

    sounds_within_s: float
    after: Moment
    plus: float = 0.0


class FallsSilent(Section):
    """The agent is no longer heard from at most so long after, for at least so long."""

    silent_within_s: float
    after: Moment
    plus: float = 0.0
    for_s: float = 0.3


class NotHeard(Section):
    """The agent is not heard at all between two times."""

    never_sounds_from: Moment
    to: Moment
    plus: float = 0.0
    """Seconds to add to the end."""


class Remembers(Section):
    """The history, one line an utterance: "user: hello", "agent: Good morning.", "agent (interrupted): The"."""

    history: list[str]


class WasSaid(Section):
    """The agent's words as heard, over the whole scenario, held words once."""

    heard: str


class Counts(Section):
    """How many interruptions and false alarms there were."""

    interruptions: int = 0
    false_alarms: int | None = None
    """Not looked at where left out."""


class Ends(Section):
    """How it stands at the end."""

    phase: Literal["idle", "listening", "closing", "thinking", "speaking", "doubting"] = "idle"
    notice_contains: str = ""


Expectation = Sounds | FallsSilent | NotHeard | Remembers | WasSaid | Counts | Ends


class Scenario(Section):
    """A conversation and what must come of it."""

    title: str
    engines: Literal["tones", "real"] = "tones"
    """tones: words as tones, understood perfectly and at once; real: flite, Silero, pocketsphinx."""
    replies: dict[str, str] = Field(default_factory=dict)
    """What to answer to what; "*" to anything else. "!" before an answer: it fails after its last word; "(1.5)": it
    takes so many seconds to think of."""
    greeting: str = ""
    settings: ConversationSettings = ConversationSettings()
    echo: float = 0.0
    """How much of the loudspeaker gets into the microphone."""
    happenings: list[Happening] = Field(default_factory=list)
    lasts_s: float
    expect: list[Annotated[Expectation, Field(union_mode="left_to_right")]]

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [happening.name for happening in self.happenings if happening.name]
        if len(names) != len(set(names)):
            raise ValueError("two happenings have the same name")
        return self


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises ConfigError naming the file and what is wrong in it."""
    return read_section(path, Scenario)


Render = Callable[[Happening], Samples]
"""Makes the sound (16 kHz) of a happening that has one."""
Build = Callable[[Scenario, TimedSpeaker, "ScenarioMicrophone"], Stages]


@dataclass(frozen=True, slots=True)
class Span:
    """When something happened, seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of a scenario."""

    spans: dict[str, Span]
    loudspeaker: Samples
    history: tuple[Utterance, ...]
    entries: tuple[object, ...]
    phases: tuple[tuple[float, Phase], ...]
    notices: tuple[str, ...]

    def sounding(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Tell for every 10 ms whether the agent is heard."""
        step = round(SAMPLED_EVERY_S * SPEAKER_RATE_HZ)
        whole = len(self.loudspeaker) // step * step
        loud: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            np.abs(self.loudspeaker[:whole]).reshape(-1, step).max(axis=1) > SOUND_LEVEL
        )
        return loud


@dataclass(frozen=True, slots=True)
class Room:
    """What happens to the loudspeaker's sound on its way to the microphone."""

    response: Samples
    """Impulse response at the microphone's rate; [0] for none."""
    noise: float = 0.0
    """Level of the room's own hiss."""


class ScenarioMicrophone:
    """Hears what happens, and some of the loudspeaker; away when told so."""

    sample_rate_hz = MICROPHONE_RATE_HZ

    def __init__(self, lasts_s: float, speaker: TimedSpeaker, room: Room) -> None:
        self._samples = np.zeros(round(lasts_s * MICROPHONE_RATE_HZ), np.float32)
        self._away: list[Span] = []
        self._speaker, self._room = speaker, room
        self._noise = np.random.default_rng(0)
        self._played: Samples = np.zeros(len(room.response) + MICROPHONE_BLOCK_SAMPLES - 1, np.float32)
        self._block = 0

    def add(self, at_s: float, samples: Samples) -> None:
        """Let something be heard at a time."""
        start = round(at_s * MICROPHONE_RATE_HZ)
        samples = samples[: max(0, len(self._samples) - start)]
        self._samples[start : start + len(samples)] += samples

    def go_away(self, span: Span) -> None:
        """Be unplugged for a while."""
        self._away.append(span)

    async def blocks(self) -> AsyncIterator[Samples]:
        """Yield 10 ms blocks when they are due. Raises DeviceError while it is away."""
        loop = asyncio.get_running_loop()
        block_s = MICROPHONE_BLOCK_SAMPLES / MICROPHONE_RATE_HZ
        self._block = max(self._block, int(loop.time() / block_s))
        while (self._block + 1) * MICROPHONE_BLOCK_SAMPLES <= len(self._samples):
            await asyncio.sleep(max(0.0, (self._block + 1) * block_s - loop.time()))
            if any(span.start_s <= loop.time() < span.end_s for span in self._away):
                raise DeviceError("the microphone went away: plug it in again")
            start = self._block * MICROPHONE_BLOCK_SAMPLES
            self._block += 1
            yield self._samples[start : start + MICROPHONE_BLOCK_SAMPLES] + self._leak()

    def _leak(self) -> Samples:
        """Give what of the loudspeaker comes back, and the room's own noise."""
        noise = self._noise.normal(0, self._room.noise, MICROPHONE_BLOCK_SAMPLES)
        if not self._room.response.any():
            return noise.astype(np.float32)
        end = self._speaker.heard() - ROOM_SAMPLES
        played = self._speaker.played(end - MICROPHONE_BLOCK_SAMPLES * 3 // 2, end)
        # 24 to 16 kHz by straight lines: good enough for what comes back from a room.
        places = np.arange(MICROPHONE_BLOCK_SAMPLES) * 1.5
        self._played = np.roll(self._played, -MICROPHONE_BLOCK_SAMPLES)
        self._played[-MICROPHONE_BLOCK_SAMPLES:] = np.interp(places, np.arange(len(played)), played)
        return (np.convolve(self._played, self._room.response, mode="valid") + noise).astype(np.float32)


async def play(scenario: Scenario, build: Build, render: Render, room: Room | None = None) -> Trace:
    """Play a scenario on the running (virtual) loop and tell what came of it.

    Without a `room`, the scenario's `echo` comes back as it was played.
    """
    loop = asyncio.get_running_loop()
    speaker = TimedSpeaker(loop.time)
    room = room or Room(np.array([scenario.echo], np.float32))
    microphone = ScenarioMicrophone(scenario.lasts_s, speaker, room)
    session = Session(build(scenario, speaker, microphone), scenario.settings, Ledger())
    return await _Stage(scenario, session, speaker, microphone, render).run()


class _Stage:
    """Makes things happen on time and writes down what comes of them."""

    def __init__(
        self,
        scenario: Scenario,
        session: Session,
        speaker: TimedSpeaker,
        microphone: ScenarioMicrophone,
        render: Render,
    ) -> None:
        self._scenario, self._session, self._speaker = scenario, session, speaker
        self._microphone, self._render = microphone, render
        self._spans: dict[str, Span] = {}
        self._loudspeaker: list[Samples] = []
        self._phases: list[tuple[float, Phase]] = []
        self._notices: list[str] = []

    async def run(self) -> Trace:
        """Play it to its end."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch())
            for happening in self._plan():
                group.create_task(self._happen(*happening))
            await self._session.run(self._scenario.greeting)
            watching.cancel()
        self._listen()
        history, entries = tuple(self._session.history), tuple(self._session.ledger.entries)
        return Trace(
            self._spans,
            np.concatenate(self._loudspeaker),
            history,
            entries,
            tuple(self._phases),
            tuple(self._notices),
        )

    def _plan(self) -> Iterator[tuple[float, Happening]]:
        for happening in self._scenario.happenings:
            start_s = moment(happening.at, self._spans) + happening.plus
            length_s = happening.press_s or happening.lose_microphone_s
            if happening.say or happening.noise_s:
                sound = self._render(happening)
                self._microphone.add(start_s, sound)
                length_s = len(sound) / MICROPHONE_RATE_HZ
            if happening.lose_microphone_s:
                self._microphone.go_away(Span(start_s, start_s + length_s))
            if happening.name:
                self._spans[happening.name] = Span(start_s, start_s + length_s)
            yield start_s, happening

    async def _happen(self, at_s: float, happening: Happening) -> None:
        await asyncio.sleep(at_s)
        if happening.type:
            self._session.type(happening.type)
        if happening.press_s:
            self._session.press()
            await asyncio.sleep(happening.press_s)
            self._session.release()

    async def _watch(self) -> None:
        while True:
            self._listen()
            await asyncio.sleep(SAMPLED_EVERY_S)

    def _listen(self) -> None:
        heard = sum(map(len, self._loudspeaker))
        self._loudspeaker.append(self._speaker.played(heard, self._speaker.heard()))
        if not self._phases or self._phases[-1][1] is not self._session.phase:
            self._phases.append((self._session.now_ms / 1000, self._session.phase))
        if self._session.notice and self._session.notice not in self._notices:
            self._notices.append(self._session.notice)


def moment(when: Moment, spans: dict[str, Span]) -> float:
    """Tell the time in seconds that a number or a name stands for. Raises ConfigError for a name that is not there."""
    if not isinstance(when, str):
        return when
    name, _, side = when.partition(".")
    if name not in spans:
        raise ConfigError(f"nothing in this scenario (so far) is called '{name}'")
    return spans[name].start_s if side == "start" else spans[name].end_s


def complaints(scenario: Scenario, trace: Trace) -> Iterator[str]:
    """Say in a sentence each what did not come as expected."""
    for expectation in scenario.expect:
        if complaint := _complaint(expectation, trace):
            yield complaint


def _complaint(expectation: Expectation, trace: Trace) -> str:
    match expectation:
        case Sounds():
            return _sounds(expectation, trace)
        case FallsSilent():
            return _falls_silent(expectation, trace)
        case NotHeard():
            return _not_heard(expectation, trace)
        case Remembers(history=wanted):
            return _differs("history", wanted, [_line(utterance) for utterance in trace.history])
        case WasSaid(heard=wanted):
            return _differs("heard", wanted, " ".join(u.text for u in trace.history if u.speaker == "agent"))
        case Counts():
            return _counts(expectation, trace)
        case Ends():
            return _ends(expectation, trace)


def _differs(what: str, wanted: object, got: object) -> str:
    return "" if wanted == got else f"{what} should be {wanted!r} but is {got!r}"


def _line(utterance: Utterance) -> str:
    mark = " (interrupted)" if utterance.interrupted else ""
    return f"{utterance.speaker}{mark}: {utterance.text}"


def _sounds(expectation: Sounds, trace: Trace) -> str:
    start_s = moment(expectation.after, trace.spans) + expectation.plus
    sounding = np.flatnonzero(trace.sounding()[round(start_s / SAMPLED_EVERY_S) :])
    if not len(sounding):
        return f"nothing sounds after {start_s:.2f} s"
    wait_s = float(sounding[0]) * SAMPLED_EVERY_S
    if wait_s <= expectation.sounds_within_s:
        return ""
    return f"after {start_s:.2f} s it sounds only {wait_s:.2f} s later, not within {expectation.sounds_within_s} s"


def _falls_silent(expectation: FallsSilent, trace: Trace) -> str:
    start_s = moment(expectation.after, trace.spans) + expectation.plus + expectation.silent_within_s
    first, last = (round(s / SAMPLED_EVERY_S) for s in (start_s, start_s + expectation.for_s))
    loud = np.flatnonzero(trace.sounding()[first:last])
    return f"it still sounds {loud[-1] * 10} ms after it should be silent ({start_s:.2f} s)" if len(loud) else ""


def _not_heard(expectation: NotHeard, trace: Trace) -> str:
    start_s = moment(expectation.never_sounds_from, trace.spans)
    end_s = moment(expectation.to, trace.spans) + expectation.plus
    first, last = (round(s / SAMPLED_EVERY_S) for s in (start_s, end_s))
    loud = np.flatnonzero(trace.sounding()[first:last])
    return f"it sounds at {start_s + loud[0] * SAMPLED_EVERY_S:.2f} s, where it should not" if len(loud) else ""


def _counts(expectation: Counts, trace: Trace) -> str:
    verdicts = [entry.verdict for entry in trace.entries if isinstance(entry, OverlapEntry)]
    interruptions, false_alarms = verdicts.count("interruption"), verdicts.count("false alarm")
    if expectation.false_alarms not in (None, false_alarms):
        return _differs("false alarms", expectation.false_alarms, false_alarms)
    return _differs("interruptions", expectation.interruptions, interruptions)


def _ends(expectation: Ends, trace: Trace) -> str:
    phase = trace.phases[-1][1].value
    if phase != expectation.phase:
        return f"it should end {expectation.phase} but ends {phase}"
    if expectation.notice_contains and not any(expectation.notice_contains in n for n in trace.notices):
        return f"no notice contains {expectation.notice_contains!r}: {trace.notices}"
    return ""


def responses_ms(trace: Trace) -> Sequence[int]:
    """List from the ledger how long each answer took."""
    turns = (entry for entry in trace.entries if isinstance(entry, TurnEntry))
    return [turn.response_ms for turn in turns if turn.response_ms is not None]
