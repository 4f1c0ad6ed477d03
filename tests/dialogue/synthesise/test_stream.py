import asyncio
import contextlib
import threading
from contextlib import aclosing

import jiwer
import numpy as np
import pytest

from dialogue.errors import EngineError, EngineUnavailable
from dialogue.speech import SpeechChunk
from dialogue.synthesise import Emit, Synthesiser
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.synthesise.stream import LONGEST_AHEAD_S, VoiceSettings, VoiceStream
from tests.dialogue.synthesise.listening import PLAIN_SENTENCES, phones_of, recognised, samples_of, seconds_of

SENTENCE = "please take a seat and wait for a moment"


def flite() -> Synthesiser:
    return FliteVoice(FliteSettings(voice="rms"))


class EndlessVoice:
    """Hums until it is stopped, counting what it emitted."""

    sample_rate_hz = 16_000
    rate = 1.0

    def __init__(self) -> None:
        self.emitted_s = 0.0
        self.stopped = threading.Event()
        self.threads: set[str] = {threading.current_thread().name}

    def speak(self, text: str, emit: Emit) -> None:
        self.stopped.clear()
        self.threads.add(threading.current_thread().name)
        while emit(SpeechChunk(np.full(1600, 0.1, np.float32), self.sample_rate_hz)):
            self.emitted_s += 0.1
        self.stopped.set()


class FailingVoice:
    """Speaks one chunk, then fails."""

    sample_rate_hz = 16_000
    rate = 1.0

    def speak(self, text: str, emit: Emit) -> None:
        emit(SpeechChunk(np.full(16_000, 0.1, np.float32), self.sample_rate_hz))
        raise EngineError("the voice broke")


async def collected(stream: VoiceStream, text: str) -> list[SpeechChunk]:
    return [chunk async for chunk in stream.speak(text)]


async def test_a_piece_arrives_whole_at_the_output_rate() -> None:
    async with VoiceStream(flite, 24_000, VoiceSettings()) as stream:
        chunks = await collected(stream, SENTENCE)
    assert {chunk.sample_rate_hz for chunk in chunks} == {24_000}
    assert phones_of(chunks)[-1].end_s == pytest.approx(seconds_of(chunks), abs=0.02)


async def test_what_arrives_is_understood() -> None:
    async with VoiceStream(flite, 16_000, VoiceSettings()) as stream:
        sounds = [samples_of(await collected(stream, sentence)) for sentence in PLAIN_SENTENCES]
    assert jiwer.wer(list(PLAIN_SENTENCES), recognised(sounds)) < 0.3


async def test_cancelling_stops_the_engine() -> None:
    voices: list[EndlessVoice] = []

    def endless() -> Synthesiser:
        voices.append(EndlessVoice())
        return voices[0]

    async with VoiceStream(endless, 16_000, VoiceSettings()) as stream:

        async def listen() -> None:
            async for _ in stream.speak("hum"):
                pass

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.05)
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        assert await asyncio.to_thread(voices[0].stopped.wait, 5)


async def test_leaving_the_loop_stops_the_engine_and_the_next_piece_is_whole() -> None:
    async with VoiceStream(flite, 16_000, VoiceSettings()) as stream:
        whole = seconds_of(await collected(stream, SENTENCE))
        async with aclosing(stream.speak(SENTENCE)) as chunks:
            async for _ in chunks:
                break
        assert seconds_of(await collected(stream, SENTENCE)) == pytest.approx(whole)


async def test_the_engine_lives_in_one_named_thread() -> None:
    voice: list[EndlessVoice] = []

    def endless() -> Synthesiser:
        voice.append(EndlessVoice())
        return voice[0]

    async with VoiceStream(endless, 16_000, VoiceSettings()) as stream, aclosing(stream.speak("hum")) as chunks:
        await anext(chunks)
    assert {name.split("_")[0] for name in voice[0].threads} == {"voice"}
    assert len(voice[0].threads) == 1


async def test_a_listener_that_does_not_take_makes_the_engine_wait() -> None:
    voice = EndlessVoice()
    async with VoiceStream(lambda: voice, 16_000, VoiceSettings()) as stream, aclosing(stream.speak("hum")) as chunks:
        await anext(chunks)
        for _ in range(50):
            await asyncio.sleep(0.01)
        assert voice.emitted_s <= LONGEST_AHEAD_S + 1


async def test_an_engine_that_fails_is_heard_up_to_there_and_then_raises() -> None:
    taken = []

    async def listen(stream: VoiceStream) -> None:
        async for chunk in stream.speak("hello"):
            taken.append(chunk)

    async with VoiceStream(FailingVoice, 16_000, VoiceSettings()) as stream:
        with pytest.raises(EngineError, match="the voice broke"):
            await listen(stream)
    assert seconds_of(taken) > 0.5


async def test_a_voice_that_is_not_there_says_so_at_the_start() -> None:
    def absent() -> Synthesiser:
        raise EngineUnavailable("the voice is not installed: apt-get install voice")

    with pytest.raises(EngineUnavailable, match="apt-get install"):
        async with VoiceStream(absent, 16_000, VoiceSettings()):
            pass


async def test_a_faster_rate_shortens_the_next_piece() -> None:
    async with VoiceStream(flite, 16_000, VoiceSettings()) as stream:
        usual = seconds_of(await collected(stream, SENTENCE))
        stream.rate = 1.5
        assert seconds_of(await collected(stream, SENTENCE)) == pytest.approx(usual / 1.5, rel=0.05)


async def test_a_louder_level_makes_the_next_piece_louder() -> None:
    async with VoiceStream(flite, 16_000, VoiceSettings(loudness_dbfs=-26)) as stream:
        soft = samples_of(await collected(stream, SENTENCE))
        stream.loudness_dbfs += 6
        loud = samples_of(await collected(stream, SENTENCE))
    assert np.sqrt(np.mean(loud**2) / np.mean(soft**2)) == pytest.approx(2, rel=0.15)
