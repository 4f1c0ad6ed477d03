import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from agent.ear import Ear
from agent.scenario import Happening, Scenario, ScenarioMicrophone, complaints, play, read_scenario
from agent.session import Stages
from agent.timed_speaker import TimedSpeaker
from agent.virtual_clock import run_virtually
from dialogue.activity import VoiceActivitySettings
from dialogue.errors import ConfigError, EngineError
from dialogue.history import Utterance
from dialogue.sentences import Piece
from dialogue.speech import Samples
from dialogue.turns import same_words
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


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    scenario = read_scenario(path)
    vocabulary = tones(scenario)
    trace = run_virtually(play(scenario, in_tones, lambda happening: rendered(happening, vocabulary)))
    found = list(complaints(scenario, trace))
    assert not found, "\n".join([*found, *map(str, trace.phases), *map(str, trace.entries)])


def test_a_broken_scenario_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("title: x\nlasts_s: 1\nexpect: []\nhapenings: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="hapenings"):
        read_scenario(path)
