import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agent.ear import Ear
from agent.scenario import Happening, Scenario, ScenarioMicrophone, Trace, complaints, play, read_scenario
from agent.session import Stages
from agent.sound import SPEAKER_RATE_HZ
from agent.timed_speaker import TimedSpeaker
from agent.virtual_clock import run_virtually
from dialogue.activity import VoiceActivitySettings
from dialogue.audio import resample
from dialogue.echo import EchoSettings, KalmanEchoCanceller
from dialogue.errors import ConfigError, EngineError
from dialogue.history import Utterance
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.sentences import Piece
from dialogue.speech import Samples, SpeechChunk, Word
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.turns import same_words
from dialogue.vad import SileroVad
from dialogue.verbalise import SpokenAs
from tests.agent.tone_language import HEARING_RATE_HZ, ToneDetector, ToneRecogniser, ToneVoice, Vocabulary

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.yaml"))


class WrittenReplier:
    """Answers what the scenario says."""

    def __init__(self, replies: dict[str, str]) -> None:
        self._replies = replies

    async def reply(self, history: Sequence[Utterance]) -> AsyncIterator[str]:
        said = history[-1].text
        answer = next((a for q, a in self._replies.items() if same_words(q, said)), self._replies.get("*", ""))
        delay, words = re.fullmatch(r"!?(?:\((.*)\))?(.*)", answer, re.DOTALL).groups()  # type: ignore[union-attr]
        await asyncio.sleep(float(delay or 0.02))
        for sentence in re.split(r"(?<=[.!?]) ", words):
            yield sentence
        if answer.startswith("!"):
            raise EngineError("the language model went away: start it again")

    def greeting(self) -> str:
        return ""


async def pieces(stream: AsyncIterator[str]) -> AsyncGenerator[Piece, None]:
    async for sentence in stream:
        yield Piece(tuple(SpokenAs(word, word) for word in sentence.split()))


def rendered(happening: Happening, vocabulary: Vocabulary) -> Samples:
    if happening.say:
        return vocabulary.sound(happening.say, HEARING_RATE_HZ, happening.pause_after)
    noise = np.random.default_rng(0).normal(size=round(happening.noise_s * HEARING_RATE_HZ))
    return (happening.level * noise.clip(-3, 3) / 3).astype(np.float32)


def tones(scenario: Scenario) -> Vocabulary:
    said = [happening.say for happening in scenario.happenings]
    return Vocabulary([*said, *scenario.replies.values(), scenario.greeting, scenario.settings.apology])


def in_tones(scenario: Scenario, speaker: TimedSpeaker, microphone: ScenarioMicrophone) -> Stages:
    vocabulary = tones(scenario)
    return Stages(
        speaker,
        ToneVoice(vocabulary),
        WrittenReplier(scenario.replies),
        pieces,
        microphone,
        Ear(ToneDetector(), None, VoiceActivitySettings()),
        ToneRecogniser(vocabulary),
    )


class BriskVoice:
    """flite, speaking a whole piece while the virtual clock stands still."""

    sample_rate_hz = SPEAKER_RATE_HZ

    def __init__(self) -> None:
        self._voice = FliteVoice(FliteSettings(voice="rms"))
        self._thread = ThreadPoolExecutor(1, "voice")

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        sound, words = await asyncio.get_running_loop().run_in_executor(self._thread, spoken, self._voice, text)
        sound = resample(sound, self._voice.sample_rate_hz, SPEAKER_RATE_HZ)
        for start in range(0, len(sound), 2400):
            yield SpeechChunk(sound[start : start + 2400], SPEAKER_RATE_HZ, words=() if start else words)


def spoken(voice: FliteVoice, text: str) -> tuple[Samples, tuple[Word, ...]]:
    chunks = [SpeechChunk(np.zeros(0, np.float32), voice.sample_rate_hz)]

    def take(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice.speak(text, take)
    return np.concatenate([chunk.samples for chunk in chunks]), tuple(w for chunk in chunks for w in chunk.words)


@lru_cache(1)
def real_engines() -> tuple[BriskVoice, FliteVoice, SphinxRecogniser]:
    return BriskVoice(), FliteVoice(FliteSettings(voice="slt")), SphinxRecogniser(SphinxSettings())


def in_earnest(scenario: Scenario, speaker: TimedSpeaker, microphone: ScenarioMicrophone) -> Stages:
    voice, _, recogniser = real_engines()
    ear = Ear(SileroVad(), KalmanEchoCanceller(EchoSettings()), VoiceActivitySettings())
    return Stages(speaker, voice, WrittenReplier(scenario.replies), pieces, microphone, ear, recogniser)


def said_in_earnest(happening: Happening) -> Samples:
    """Render a user with another voice than the agent's; every recording has a little noise."""
    if not happening.say:
        return rendered(happening, Vocabulary([]))
    _, voice, _ = real_engines()
    parts = []
    words = happening.say.split()
    cuts = [0, *sorted(happening.pause_after), len(words)]
    for start, stop in pairwise(cuts):
        parts.append(spoken(voice, " ".join(words[start:stop]))[0])
        parts.append(np.zeros(round(happening.pause_after.get(stop, 0) * HEARING_RATE_HZ), np.float32))
    return np.concatenate(parts)


def heard_as(scenario: Scenario) -> Trace:
    if scenario.engines == "real":
        return run_virtually(play(scenario, in_earnest, said_in_earnest))
    vocabulary = tones(scenario)
    return run_virtually(play(scenario, in_tones, lambda happening: rendered(happening, vocabulary)))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    scenario = read_scenario(path)
    trace = heard_as(scenario)
    found = list(complaints(scenario, trace))
    assert not found, "\n".join([*found, *map(str, trace.phases), *map(str, trace.entries), str(trace.history)])


def test_a_broken_scenario_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("title: x\nlasts_s: 1\nexpect: []\nhapenings: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="hapenings"):
        read_scenario(path)
