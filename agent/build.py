"""Settings to stages: the only place that names implementations."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from agent.config import PORTRAITS, ROOT, Config
from agent.ear import Ear
from agent.progress import Progress, progress_file
from agent.session import Stages
from agent.sound import Microphone, Speaker
from agent.tutoring import LessonNotes, open_lesson
from avatar.animator import Animator
from avatar.controls import Controls
from avatar.latents import LatentSpace
from avatar.learned import LearnedMotion, MotionNetwork
from avatar.motion import MotionGenerator
from avatar.portrait import Portrait, bake
from dialogue.directory import load_directory
from dialogue.echo import EchoCanceller, EchoSettings, KalmanEchoCanceller, WebRtcEchoCanceller
from dialogue.errors import EngineError, EngineUnavailable, InputError
from dialogue.recognise import Recogniser
from dialogue.recognise.sphinx import SphinxRecogniser
from dialogue.recognise.whisper import WhisperRecogniser
from dialogue.reply import Replier
from dialogue.reply.aside import AsideReplier
from dialogue.reply.commands import CONVERSATIONAL, HANDS_FREE, CommandReplier, phrases_of
from dialogue.reply.failover import FailoverReplier, Thinker
from dialogue.reply.knowledge import KnowledgeReplier
from dialogue.reply.lesson import LessonReplier
from dialogue.reply.mcp import tools_of
from dialogue.reply.openai import OpenAIReplier
from dialogue.reply.reception import Notify, ReceptionReplier
from dialogue.reply.tools import Toolbox
from dialogue.reply.transformers import TransformersReplier
from dialogue.sentences import Direction, pieces_of
from dialogue.speech import SpeechChunk
from dialogue.synthesise.espeak import EspeakVoice
from dialogue.synthesise.fallback import Engine, FallbackVoice
from dialogue.synthesise.flite import FliteVoice
from dialogue.synthesise.piper import PiperVoice
from dialogue.synthesise.stream import VoiceStream
from dialogue.synthesise.vits import VitsVoice
from dialogue.vad import SileroVad, VadSettings, VoiceActivityDetector, WebRtcVad
from dialogue.watermark import VoiceWatermark

LOUDNESS_STEP_DB = 5.0
RATE_STEP = 1.2


@dataclass(frozen=True, slots=True)
class Visage:
    """What is seen: the portrait, and what moves it while it lives and while it speaks."""

    portrait: Portrait
    animator: Animator
    mover: MotionGenerator


def open_portrait(path: Path) -> Portrait:
    """Load a `.face` file, or make a portrait of an image (a few seconds).

    Raises InputError where there is no such file, PortraitError and FaceFileError for what is in it.
    """
    prepared = path.with_suffix(".face") if path.parent.resolve() == PORTRAITS.resolve() else path
    if prepared.suffix == ".face" and prepared.exists():
        return Portrait.load(prepared)
    if not path.exists():
        raise InputError(f"{path} does not exist: name a picture or a .face file")
    return bake(path)


def build_visage(portrait: Path, seed: int, controls: Controls) -> Visage:
    """Make the face. Blocks; raises what `open_portrait` raises."""
    space = LatentSpace.load()
    mover = LearnedMotion(space, MotionNetwork())
    return Visage(open_portrait(portrait), Animator(space, seed, controls), mover)


@dataclass(frozen=True, slots=True)
class Built:
    """The stages of a conversation, and of them what may be steered from outside."""

    stages: Stages
    voice: VoiceStream
    lesson: LessonReplier | None = None
    notes: LessonNotes = field(default_factory=LessonNotes)
    """What happened in the lesson."""


async def build_stages(
    config: Config,
    stack: AsyncExitStack,
    visage: Visage,
    speaker: Speaker,
    microphone: Microphone | None,
    notify: Notify,
) -> Built:
    """Start every engine, each on a thread, and give what a conversation is made of; `stack` ends them.

    `notify` is called with the person a visitor wants.

    Raises EngineUnavailable and ConfigError.
    """
    knowledge = await asyncio.to_thread(KnowledgeReplier.load, ROOT / config.reply.knowledge)
    people = load_directory(ROOT / config.reply.directory) if config.reply.directory else None
    notes = LessonNotes()
    lesson = _lesson(config, stack, notes) if config.reply.lesson else None
    obeyed = HANDS_FREE if config.reply.hands_free or config.scanning.enabled else CONVERSATIONAL
    expected = (
        *knowledge.vocabulary(),
        *(lesson.vocabulary() if lesson else ()),
        *(people.vocabulary() if people else ()),
        *phrases_of(obeyed - CONVERSATIONAL),
    )
    async with asyncio.TaskGroup() as group:
        ear = group.create_task(asyncio.to_thread(_ear, config)) if microphone else None
        hearing = group.create_task(asyncio.to_thread(_recogniser, config, expected)) if microphone else None
        voice = VoiceStream(partial(_voice, config), speaker.sample_rate_hz, config.voice)
        await stack.enter_async_context(voice)
    replier = await _replier(config, knowledge, stack)
    if lesson:
        replier = AsideReplier(lesson, replier, knowledge.knows)
    if people:
        replier = ReceptionReplier(replier, knowledge.knows, people, notify)
    stages = Stages(
        speaker=speaker,
        voice=voice if config.provenance.leave_out_watermarks else MarkedVoice(voice),
        replier=CommandReplier(
            replier, knowledge.knowledge.farewell, obeyed=obeyed, gives_way=lesson.is_answered if lesson else _never
        ),
        pieces=partial(pieces_of, language=_language(config), lexicon=config.voice.lexicon),
        microphone=microphone,
        ear=ear.result() if ear else None,
        recogniser=hearing.result() if hearing else None,
        face=visage.animator,
        mover=visage.mover,
        direct=partial(_direct, visage.animator, voice),
    )
    return Built(stages, voice, lesson, notes)


def _lesson(config: Config, stack: AsyncExitStack, notes: LessonNotes) -> LessonReplier:
    progress = stack.enter_context(Progress(progress_file()))
    return open_lesson(ROOT / config.reply.lesson, config.reply.learner, progress, notes)


def _never(_: object) -> bool:
    return False


class MarkedVoice:
    """A voice whose sound carries the inaudible mark of a synthetic one."""

    def __init__(self, voice: VoiceStream) -> None:
        self.sample_rate_hz = voice.sample_rate_hz
        self._voice = voice
        self._mark = VoiceWatermark()

    async def speak(self, text: str) -> AsyncGenerator[SpeechChunk, None]:
        """Stream one piece; see `VoiceStream`."""
        async with aclosing(self._voice.speak(text)) as chunks:
            async for chunk in chunks:
                yield replace(chunk, samples=self._mark.mark(chunk.samples))


def _direct(animator: Animator, voice: VoiceStream, direction: Direction, at_s: float) -> None:
    """Carry out a stage direction: the voice's from its next piece on, the face's when its word is heard."""
    match direction.name:
        case "louder" | "quieter":
            step_db = LOUDNESS_STEP_DB if direction.name == "louder" else -LOUDNESS_STEP_DB
            voice.loudness_dbfs = min(max(voice.loudness_dbfs + step_db, -40.0), -9.0)
        case "faster" | "slower":
            step = RATE_STEP if direction.name == "faster" else 1 / RATE_STEP
            voice.rate = min(max(voice.rate * step, 0.5), 2.0)
        case _:
            animator.gesture(f"{direction.name} {direction.detail}".strip(), at_s)


def _ear(config: Config) -> Ear:
    return Ear(_detector(config.vad), _canceller(config.echo), config.activity)


def _canceller(settings: EchoSettings) -> EchoCanceller | None:
    if settings.engine == "off":
        return None
    return KalmanEchoCanceller(settings) if settings.engine == "kalman" else WebRtcEchoCanceller()


def _detector(settings: VadSettings) -> VoiceActivityDetector:
    return SileroVad() if settings.engine == "silero" else WebRtcVad(settings.aggressiveness)


async def _replier(config: Config, knowledge: KnowledgeReplier, stack: AsyncExitStack) -> Replier:
    """Start what thinks; an engine that is not there is left out as long as another one is."""
    thinkers, missing = [], []
    for name in config.reply.engines:
        try:
            thinkers.append(Thinker(name, await _thinker(name, config, knowledge, stack)))
        except EngineError as error:
            missing.append(error)
            logging.getLogger(__name__).warning("%s; going on without it", error)
    if not thinkers:
        raise missing[0]
    return thinkers[0].replier if len(thinkers) == 1 else FailoverReplier(thinkers, config.reply.failover)


async def _thinker(name: str, config: Config, knowledge: KnowledgeReplier, stack: AsyncExitStack) -> Replier:
    if name == "openai":
        tools = Toolbox(await stack.enter_async_context(tools_of(config.reply.tool_servers)))
        return await stack.enter_async_context(OpenAIReplier(config.reply.openai, knowledge, tools))
    if name == "transformers":
        model = await asyncio.to_thread(TransformersReplier, config.reply.transformers, knowledge)
        stack.callback(model.close)
        return model
    return knowledge


def _language(config: Config) -> str:
    """Tell in which language is spoken; flite knows one."""
    return config.synthesise.espeak.language if config.synthesise.engines[0] == "espeak" else "en"


def _recogniser(config: Config, expected: Sequence[str]) -> Recogniser:
    """Make the first that can listen; raises EngineUnavailable for the last when none can."""
    engines: dict[str, Callable[[], Recogniser]] = {
        "whisper": lambda: WhisperRecogniser(config.recognise.whisper, expected),
        "sphinx": lambda: SphinxRecogniser(config.recognise.sphinx, expected),
    }
    *preferred, last = config.recognise.engines
    for name in preferred:
        with suppress(EngineUnavailable):
            return engines[name]()
    return engines[last]()


def _voice(config: Config) -> FallbackVoice:
    engines = {
        "flite": Engine("flite", lambda: FliteVoice(config.synthesise.flite)),
        "espeak": Engine("espeak", lambda: EspeakVoice(config.synthesise.espeak)),
        "piper": Engine("piper", lambda: PiperVoice(config.synthesise.piper)),
        "vits": Engine("vits", lambda: VitsVoice(config.synthesise.vits)),
    }
    return FallbackVoice([engines[name] for name in config.synthesise.engines])
