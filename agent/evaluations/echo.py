"""Whether the agent hears itself through the loudspeaker, and whether people can interrupt it while it speaks.

A room is simulated: the agent's voice (flite) through measured impulse responses, people's recordings as the users who
interrupt, a little noise. An interruption stops the agent 0.4 s after it begins, as the program would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

from agent.evaluations.recognition import say, word_errors
from agent.report import Report, Row
from dialogue.activity import VoiceActivity, VoiceActivitySettings, hear
from dialogue.audio import SPEECH_RATE_HZ, Blocks, read_sound
from dialogue.echo import BLOCK_SAMPLES, EchoCanceller, EchoSettings, KalmanEchoCanceller, WebRtcEchoCanceller
from dialogue.errors import InputError
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples
from dialogue.vad import SileroVad

RECORDINGS = Path(__file__).parents[3] / "shared" / "data"
USER_LEVEL = 0.05
"""Root mean square of the user's active voice; the loudspeaker's echo is measured against it."""
NOISE_DB = -40
EVERY_S, INTERRUPTION_S = 7.0, 3.0
AGENT_STOPS_AFTER_S = 0.4
NOTICED_WITHIN_S = 0.6
SPEECH = (
    "Welcome to the institute. The canteen is open from half past eleven to two in the afternoon, and it serves"
    " falafel and ramen on Thursdays. You can reach the laboratory by taking the lift to the fourth floor and turning"
    " left at the atrium. Meeting rooms are booked at reception. If you came by bicycle, please leave it in the garage"
    " behind the building, because the courtyard is being rebuilt until the end of October. The director will see you"
    " in a few minutes. Would you like a glass of water while you wait? There are newspapers on the table by the"
    " window. Yes, there is a tram stop close by. Walk down the main street, cross the bridge, and you will see it on"
    " your right hand side."
)


@dataclass(frozen=True, slots=True)
class Room:
    """Where agent and user speak."""

    name: str
    impulse_response: int
    """1..4: a hall, a large hall, a church, an office."""
    echo_db: float = 0.0
    """Of the agent's voice at the microphone against the user's."""
    delay_ms: float = 60.0
    drift_ppm: float = 0.0
    """The microphone's clock against the loudspeaker's."""
    overdrive: float = 0.0
    """Of the loudspeaker; 2 is a small one turned up."""
    echo_change_db: float = 0.0
    """Half-way through, somebody turns the volume."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the loudspeaker plays, what the microphone hears, and where the user speaks."""

    far: Samples
    near: Samples
    user: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    interruptions: tuple[tuple[int, int], ...] = ()


ROOMS = (
    Room("hall, 0 dB", 1),
    Room("large hall, 0 dB", 2),
    Room("church, 0 dB", 3),
    Room("office, 0 dB", 4),
    Room("office, echo -10 dB", 4, echo_db=-10),
    Room("church, echo +6 dB", 3, echo_db=6),
    Room("hall, overdriven loudspeaker", 1, overdrive=2),
    Room("office, no delay", 4, delay_ms=0),
    Room("office, 250 ms late", 4, delay_ms=250),
    Room("office, volume up 10 dB", 4, echo_db=-5, echo_change_db=10),
    Room("office, clocks 50 ppm apart", 4, drift_ppm=50),
    Room("office, clocks 200 ppm apart", 4, drift_ppm=200),
)
ENGINES: dict[str, Callable[[], EchoCanceller | None]] = {
    "nothing": lambda: None,
    "webrtc": WebRtcEchoCanceller,
    "kalman": lambda: KalmanEchoCanceller(EchoSettings()),
}


def run(short: bool) -> Report:
    """Compare the engines in one room, then take the default through every room."""
    if not (RECORDINGS / "rooms").is_dir():
        raise InputError(f"rooms and recordings to measure with are missing: put them into {RECORDINGS}")
    rooms, alone_s, interruptions = (ROOMS[:1], 20.0, 4) if short else (ROOMS, 60.0, 20)
    compared = [
        Row(f"{rooms[0].name}: {engine}", _figures(rooms[0], make, 20 if short else 600, interruptions, words=True))
        for engine, make in ENGINES.items()
    ]
    others = [
        Row(f"{room.name}: kalman", _figures(room, ENGINES["kalman"], alone_s, interruptions)) for room in rooms[1:]
    ]
    return Report(
        "Echo: does the agent hear itself, can it be interrupted",
        (*compared, *others),
        notes=(
            "hears itself: times speech was detected while only the agent spoke, with default detection (Silero).",
            "missed: interruptions not noticed within 0.6 s. onset: from the user's first sound until then.",
            "WER interrupting: pocketsphinx on what the user says then; alone: without the agent and its echo.",
        ),
    )


def _figures(
    room: Room, make: Callable[[], EchoCanceller | None], alone_s: float, interruptions: int, words: bool = False
) -> dict[str, float | int | str]:
    alone = _alone(room, alone_s)
    clean = _cancelled(make(), alone)
    noticed = _interrupted(room, make, interruptions)
    settled = slice(5 * SPEECH_RATE_HZ, None)
    latencies = [latency for latency in noticed if latency is not None]
    figures: dict[str, float | int | str] = {
        "ERLE dB": _decibels(alone.near[settled]) - _decibels(clean[settled]),
        "hears itself": len(_onsets(clean)),
        "in s": alone_s,
        "missed %": 100 * (1 - len(latencies) / len(noticed)),
        "onset ms p50": 1000 * float(np.median(latencies)) if latencies else "",
        "onset ms p95": 1000 * float(np.percentile(latencies, 95)) if latencies else "",
    }
    return {**figures, **(_word_errors(room, make) if words else {})}


def _alone(room: Room, seconds: float) -> Conversation:
    """Let only the agent speak."""
    far = _agent(seconds)
    return Conversation(far, _echo(room, far) + _noise(len(far), seed=1))


def _interrupted(room: Room, make: Callable[[], EchoCanceller | None], count: int) -> list[float | None]:
    """Interrupt the agent; give the seconds until each interruption was noticed, None for never."""
    conversation = _interruptions(room, count)
    onsets = _onsets(_cancelled(make(), conversation))
    return [
        next(
            (
                onset - start / SPEECH_RATE_HZ
                for onset in onsets
                if 0 <= onset - start / SPEECH_RATE_HZ < NOTICED_WITHIN_S
            ),
            None,
        )
        for start, _ in conversation.interruptions
    ]


def _interruptions(room: Room, count: int) -> Conversation:
    random = np.random.default_rng(0)
    user = np.zeros(round((count * EVERY_S + 6) * SPEECH_RATE_HZ), np.float32)
    far = _agent(len(user) / SPEECH_RATE_HZ)
    marks = []
    for index, sound in zip(range(count), _users(count), strict=True):
        start = round((5 + index * EVERY_S + random.uniform(0, 2)) * SPEECH_RATE_HZ)
        user[start : start + len(sound)] += sound
        marks.append((start, start + len(sound)))
        far[start + round(AGENT_STOPS_AFTER_S * SPEECH_RATE_HZ) : start + len(sound) + SPEECH_RATE_HZ] = 0
    near = user + _echo(room, far) + _noise(len(user), seed=2)
    return Conversation(far, near, user, tuple(marks))


def _word_errors(room: Room, make: Callable[[], EchoCanceller | None]) -> dict[str, float]:
    """Recognise users who interrupt, and the same users alone."""
    texts = list(_transcripts().values())
    conversation = _interruptions(room, len(texts))
    heard = {"WER alone %": conversation.user, "WER interrupting %": _cancelled(make(), conversation)}
    return {name: _word_error_rate(sound, conversation.interruptions, texts) for name, sound in heard.items()}


def _word_error_rate(sound: Samples, marks: Sequence[tuple[int, int]], texts: Sequence[str]) -> float:
    recogniser = SphinxRecogniser(SphinxSettings())
    errors = said = 0
    for (start, end), text in zip(marks, texts, strict=True):
        recogniser.begin()
        recogniser.accept(sound[start - 1600 : end + 1600])
        words = text.replace("mister", "mr").split()
        errors += word_errors(words, recogniser.finish().text.split())
        said += len(words)
    return 100 * errors / said


def _cancelled(canceller: EchoCanceller | None, conversation: Conversation) -> Samples:
    whole = len(conversation.near) // BLOCK_SAMPLES * BLOCK_SAMPLES
    near, far = conversation.near[:whole], conversation.far[:whole]
    return near if canceller is None else canceller.cancel(near, far)


def _onsets(sound: Samples) -> list[float]:
    """Give the seconds at which speech was detected to begin."""
    detector, settings, activity = SileroVad(), VoiceActivitySettings(), VoiceActivity()
    onsets = []
    for index, frame in enumerate(Blocks(detector.frame_samples).push(sound)):
        was_speaking = activity.speaking
        start_ms, end_ms = index * 32, index * 32 + 32
        activity = hear(activity, detector.probability(frame), start_ms, end_ms, settings)
        if activity.speaking and not was_speaking:
            onsets.append(end_ms / 1000)
    return onsets


def _echo(room: Room, far: Samples) -> Samples:
    """Play through the loudspeaker into the room and hear it at the microphone."""
    response = read_sound(RECORDINGS / "rooms" / f"rir{room.impulse_response}.wav").samples
    response = response[int(np.argmax(np.abs(response))) :]
    played = np.tanh(far * room.overdrive / np.abs(far).max()) if room.overdrive else far
    times = np.arange(len(far)) * (1 + room.drift_ppm * 1e-6) - room.delay_ms * SPEECH_RATE_HZ / 1000
    heard = np.interp(times, np.arange(len(far)), fftconvolve(played, response)[: len(far)], left=0)
    heard *= USER_LEVEL * 10 ** (room.echo_db / 20) / _active_level(heard)
    heard[len(heard) // 2 :] *= 10 ** (room.echo_change_db / 20)
    echo: Samples = heard.astype(np.float32)
    return echo


def _agent(seconds: float) -> Samples:
    voice: Samples = np.resize(say("slt", SPEECH), round(seconds * SPEECH_RATE_HZ))
    return voice


def _users(count: int) -> list[Samples]:
    """Give people's recordings from their first sound on, as loud as each other."""
    names = list(_transcripts())
    sounds = [read_sound(RECORDINGS / "speech" / names[index % len(names)]).samples for index in range(count)]
    return [_from_first_sound(sound) for sound in sounds]


def _from_first_sound(sound: Samples) -> Samples:
    levels = _levels(sound)
    first = int(np.argmax(levels > 0.1 * levels.max())) * BLOCK_SAMPLES
    voice: Samples = sound[first : first + round(INTERRUPTION_S * SPEECH_RATE_HZ)] * (USER_LEVEL / _active_level(sound))
    return voice.astype(np.float32)


def _transcripts() -> dict[str, str]:
    lines = (RECORDINGS / "speech" / "transcripts.tsv").read_text(encoding="utf-8").splitlines()[1:]
    # Those that fit into an interruption, so that all their words can be heard.
    pairs = [line.split("\t") for line in lines]
    return {file: text for file, text in pairs if len(text.split()) <= 9}


def _noise(count: int, seed: int) -> Samples:
    level = USER_LEVEL * 10 ** (NOISE_DB / 20)
    noise: Samples = np.random.default_rng(seed).normal(0, level, count).astype(np.float32)
    return noise


def _levels(sound: Samples) -> Samples:
    blocks = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
    levels: Samples = np.sqrt(np.mean(np.square(blocks), axis=1))
    return levels


def _active_level(sound: Samples) -> float:
    levels = _levels(sound)
    return float(np.sqrt(np.mean(np.square(levels[levels > 0.1 * levels.max()]))))


def _decibels(sound: Samples) -> float:
    return 10 * float(np.log10(np.mean(np.square(sound)) + 1e-12))
