"""Interrupting the agent while its own voice comes back from the room: what is missed, what it does to itself.

Real detector, canceller, recogniser and voice, on the virtual clock, in simulated rooms (the recorded ones of
`../shared/data/rooms` where they are there). The loudspeaker is heard as loud as the user. The clock stands still while
the engines work, so figures hold for a machine that keeps up, and leave out the devices' own delays.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.ear import Ear
from agent.ledger import OverlapEntry
from agent.report import Report, Row
from agent.scenario import SAMPLED_EVERY_S, Happening, Room, Scenario, ScenarioMicrophone, Trace, play
from agent.session import Stages
from agent.sound import MICROPHONE_RATE_HZ, SPEAKER_RATE_HZ
from agent.timed_speaker import TimedSpeaker
from agent.virtual_clock import run_virtually
from agent.waterfall import percentiles
from dialogue.activity import VoiceActivitySettings
from dialogue.audio import read_sound, resample
from dialogue.echo import EchoCanceller, EchoSettings, KalmanEchoCanceller, WebRtcEchoCanceller
from dialogue.history import Utterance
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.sentences import pieces_of
from dialogue.speech import Samples, SpeechChunk, Word
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.vad import SileroVad

ROOMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "rooms"
SPEECH = (
    "The house was built by a merchant who traded in spices and silk. He had four sons, and each of them got a floor of"
    " his own. In the great fire only the cellar and the front wall were left standing. Later a school moved in, then a"
    " bank, and for some years nobody at all. Today eleven companies work here, and most of them are very small. From"
    " the roof you can see the harbour, the old bridge, and on a clear day even the islands. Sorry, I am talking a lot."
    " No visitor has ever counted the stairs twice and got the same number. Wait until you have seen the garden."
)
QUESTIONS = (
    "please tell me where the restrooms are",
    "stop",
    "what does a ticket cost",
    "wait a moment",
    "and where can I park my car",
    "excuse me I have another question",
    "no I meant the other building",
    "how long does it take to get there",
    "can you repeat that",
    "thank you that is enough",
)
ROOM_HISS = 0.0005
OWN_SPEECH_S, SHORT_OWN_SPEECH_S = 150.0, 40.0
"""In each of four rooms: ten minutes together."""
INTERRUPTIONS, SHORT_INTERRUPTIONS = 13, 4
"""In each room: more than fifty together."""
EVERY_S = 9.0
SILENT_S = 0.3
MISSED_S = 1.5


CANCELLERS: dict[str, Callable[[], EchoCanceller]] = {
    "kalman": lambda: KalmanEchoCanceller(EchoSettings()),
    "webrtc": WebRtcEchoCanceller,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the interruptions in one room."""

    made: int
    held_ms: tuple[float, ...]
    """From the user's onset to the last sample heard, where it fell silent."""
    missed: int
    """Times that the agent kept the turn."""


def run(short: bool = False) -> Report:
    """Measure in every room; `short` takes a fraction of the time."""
    seconds = SHORT_OWN_SPEECH_S if short else OWN_SPEECH_S
    count = SHORT_INTERRUPTIONS if short else INTERRUPTIONS
    rows = [row for name in CANCELLERS for row in _measured(name, seconds, count)]
    note = "holds: the agent fell silent for a moment; self-interruptions: and gave the turn away to nobody"
    return Report("Interruptions with the agent's own voice at 0 dB", tuple(rows), notes=(note,))


def _measured(canceller: str, seconds: float, count: int) -> Iterator[Row]:
    """Measure one canceller in every room."""
    engines = _Engines(CANCELLERS[canceller])
    rooms = list(_rooms())
    alone = [_alone(engines, room, seconds) for room in rooms]
    outcomes = [_interrupted(engines, room, count) for room in rooms]
    held_ms = [ms for outcome in outcomes for ms in outcome.held_ms]
    made, missed = sum(o.made for o in outcomes), sum(o.missed for o in outcomes)
    talked: dict[str, float | int | str] = {
        "minutes": round(seconds * len(rooms) / 60, 1),
        "holds": sum(holds for holds, _ in alone),
        "self-interruptions": sum(own for _, own in alone),
    }
    yield Row(f"{canceller}: talking to nobody", talked, "0 self-interruptions")
    share: dict[str, float | int | str] = {"n": made, "missed": missed, "missed %": round(100 * missed / made, 1)}
    yield Row(f"{canceller}: interruptions", share, "<= 5 %")
    if held_ms:
        yield percentiles(held_ms, f"{canceller}: user's voice to last sample heard", "p95 <= 200")


def _alone(engines: "_Engines", room: Room, seconds: float) -> tuple[int, int]:
    """Let the agent talk to nobody: how often it holds, and how often it interrupts itself."""
    scenario = Scenario(
        title="alone", greeting=_speech_of(seconds), happenings=[], lasts_s=seconds, expect=[], engines="real"
    )
    trace = run_virtually(play(scenario, engines.build, engines.render, room))
    overlaps = [entry for entry in trace.entries if isinstance(entry, OverlapEntry)]
    return len(overlaps), sum(overlap.verdict == "interruption" for overlap in overlaps)


def _interrupted(engines: "_Engines", room: Room, count: int) -> Outcome:
    """Cut in every few seconds, at moments drawn at random; whatever is said is answered at length."""
    chance = random.Random(count)
    happenings = [
        Happening(
            at=4.0 + EVERY_S * index + chance.uniform(0, 3.0), name=f"cut{index}", say=QUESTIONS[index % len(QUESTIONS)]
        )
        for index in range(count)
    ]
    scenario = Scenario(
        title="interrupted",
        greeting=SPEECH,
        replies={"*": SPEECH},
        happenings=happenings,
        lasts_s=6.0 + EVERY_S * (count + 1),
        expect=[],
        engines="real",
    )
    return _judge(run_virtually(play(scenario, engines.build, engines.render, room)), count)


def _judge(trace: Trace, count: int) -> Outcome:
    sounding = trace.sounding()
    stops = [_last_sound_s(sounding, trace.spans[f"cut{index}"].start_s) for index in range(count)]
    held_ms = [1000 * stop_s for stop_s in stops if stop_s is not None]
    verdicts = [entry for entry in trace.entries if isinstance(entry, OverlapEntry) and entry.verdict == "interruption"]
    taken = [
        any(span.start_s - 0.2 < entry.decided_ms / 1000 < span.end_s + 1.0 for entry in verdicts)
        for span in (trace.spans[f"cut{index}"] for index in range(count))
    ]
    # Where the agent happened to be silent there was nothing to interrupt.
    speaking = [_sounds_at(sounding, trace.spans[f"cut{index}"].start_s) for index in range(count)]
    missed = sum(was_speaking and not was_taken for was_speaking, was_taken in zip(speaking, taken, strict=True))
    return Outcome(sum(speaking), tuple(held_ms), missed)


Sounding = np.ndarray[tuple[int], np.dtype[np.bool_]]


def _sounds_at(sounding: Sounding, at_s: float) -> bool:
    at = round(at_s / SAMPLED_EVERY_S)
    return bool(sounding[max(0, at - 20) : at + 1].any())


def _last_sound_s(sounding: Sounding, onset_s: float) -> float | None:
    """Tell how long after the onset the last sound before a real silence came; None if none comes or none was."""
    first = round(onset_s / SAMPLED_EVERY_S)
    if not _sounds_at(sounding, onset_s):
        return None
    silent, last = 0, first
    for index in range(first, min(len(sounding), first + round(MISSED_S / SAMPLED_EVERY_S))):
        silent = 0 if sounding[index] else silent + 1
        last = index if sounding[index] else last
        if silent * SAMPLED_EVERY_S >= SILENT_S:
            return (last + 1 - first) * SAMPLED_EVERY_S
    return None


def _speech_of(seconds: float) -> str:
    return " ".join([SPEECH] * (1 + round(seconds / 35)))


def _rooms() -> Iterator[Room]:
    """Yield rooms with the direct sound at 0 dB."""
    recorded = [read_sound(path, MICROPHONE_RATE_HZ).samples for path in sorted(ROOMS.glob("rir*.wav"))]
    for response in recorded or [_decay(reverberation_s) for reverberation_s in (0.1, 0.2, 0.4, 0.6)]:
        yield Room(_unit(response), ROOM_HISS)


def _decay(reverberation_s: float) -> Samples:
    time_s = np.arange(round(reverberation_s * MICROPHONE_RATE_HZ)) / MICROPHONE_RATE_HZ
    noise = np.random.default_rng(1).normal(size=len(time_s))
    tail = 0.3 * noise * 10 ** (-3 * time_s / reverberation_s)
    tail[0] = 1.0
    return tail.astype(np.float32)


def _unit(response: Samples) -> Samples:
    """Cut an impulse response to 0.4 s from shortly before its peak and give it unit energy: loud in, as loud out."""
    peak = int(np.abs(response).argmax())
    cut = response[max(0, peak - 16) :][: round(0.4 * MICROPHONE_RATE_HZ)]
    unit: Samples = cut / np.sqrt(np.sum(cut**2))
    return unit


class _Engines:
    """The real engines, started once; the user has another voice than the agent."""

    sample_rate_hz = SPEAKER_RATE_HZ

    def __init__(self, canceller: Callable[[], EchoCanceller]) -> None:
        self._canceller = canceller
        self._agent, self._user = FliteVoice(FliteSettings(voice="rms")), FliteVoice(FliteSettings(voice="slt"))
        self._thread = ThreadPoolExecutor(1, "voice")
        self._recogniser = SphinxRecogniser(SphinxSettings())

    def build(self, scenario: Scenario, speaker: TimedSpeaker, microphone: ScenarioMicrophone) -> Stages:
        """Put a conversation together."""
        ear = Ear(SileroVad(), self._canceller(), VoiceActivitySettings())
        return Stages(speaker, self, _SameAgain(), pieces_of, microphone, ear, self._recogniser)

    def render(self, happening: Happening) -> Samples:
        """Say what the user says."""
        sound, _ = _spoken(self._user, happening.say)
        loud = np.flatnonzero(np.abs(sound) > 0.01)
        return sound[loud[0] :]

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Speak a piece as the agent while the virtual clock stands still."""
        sound, words = await asyncio.get_running_loop().run_in_executor(self._thread, _spoken, self._agent, text)
        sound = resample(sound, self._agent.sample_rate_hz, SPEAKER_RATE_HZ)
        for start in range(0, len(sound), SPEAKER_RATE_HZ // 10):
            piece = sound[start : start + SPEAKER_RATE_HZ // 10]
            yield SpeechChunk(piece, SPEAKER_RATE_HZ, words=() if start else words)


class _SameAgain:
    """Answers everything at length."""

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        """Give the speech."""
        yield SPEECH

    def greeting(self) -> str:
        """Give none."""
        return ""


def _spoken(voice: FliteVoice, text: str) -> tuple[Samples, tuple[Word, ...]]:
    chunks = [SpeechChunk(np.zeros(0, np.float32), voice.sample_rate_hz)]

    def take(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice.speak(text, take)
    return np.concatenate([chunk.samples for chunk in chunks]), tuple(w for chunk in chunks for w in chunk.words)
