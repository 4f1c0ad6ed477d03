"""False cut-offs against response delay: adaptive endpointing beside plain silence thresholds.

Utterances with pauses inside are spoken by flite and, where `../shared/data/speech` is there, taken from recordings of
people reading; every one is heard by the real detector, recogniser and pitch tracker as in a conversation. A pause is
silence put between two words, so the voice before it is that of somebody who goes on. Its length is drawn from a
log-normal distribution with a median of 0.6 s, seeded; the same pauses serve every policy.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np

from agent.report import Report, Row
from dialogue.activity import VoiceActivity, VoiceActivitySettings, hear
from dialogue.audio import read_sound
from dialogue.endpoint import Contour, EndpointSettings, Pause, required_silence_ms
from dialogue.prosody import final_contour
from dialogue.recognise.sphinx import SphinxRecogniser, SphinxSettings
from dialogue.speech import Samples, SpeechChunk, Word
from dialogue.synthesise.flite import FliteSettings, FliteVoice
from dialogue.vad import SileroVad

RATE_HZ = 16_000
SENTENCES = Path(__file__).with_suffix("").with_name("endpoint_utterances.txt")
RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "speech"
TRAIL_S = 3.0
SEED = 5
HISS = 0.0008
"""Level of the noise under everything: a quiet room."""

Policy = Callable[["Silence"], float]
"""How long a silence must last (ms) before the user counts as finished."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance with pauses, and its words as they were meant."""

    sound: Samples
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence of an utterance as the program experiences it."""

    recognised: str
    meant: str
    contour: Contour
    lasted_ms: int
    is_end: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What a policy does to a set of utterances."""

    cut_off_share: float
    delay_mean_ms: float
    delay_p95_ms: float


def run(short: bool = False) -> Report:
    """Compare policies; `short` takes every fourth utterance."""
    spoken = [*_synthetic(), *_recorded()][:: 4 if short else 1]
    heard = [list(_silences(utterance)) for utterance in spoken]
    rows = [_row(f"silence of {wait_ms} ms", heard, _plain(wait_ms)) for wait_ms in range(200, 1700, 200)]
    rows += [_row(f"adaptive, patience {p}", heard, _adaptive(p)) for p in (0.6, 0.8, 1.0, 1.5, 2.0, 3.0)]
    rows += [
        _row("adaptive, without the voice's pitch", heard, _adaptive(1.0, pitch=False)),
        _row("adaptive, words as meant", heard, _adaptive(1.0, meant=True)),
    ]
    inside = sum(not silence.is_end for utterance in heard for silence in utterance)
    note = f"{len(heard)} utterances with {inside} pauses; delay from the end of speech to the decision"
    return Report("Endpointing: false cut-offs against delay", tuple(rows), notes=(note,))


def _row(name: str, heard: Sequence[Sequence[Silence]], policy: Policy) -> Row:
    score = judge(heard, policy)
    figures: dict[str, float | int | str] = {
        "cut off %": round(100 * score.cut_off_share, 1),
        "delay mean ms": round(score.delay_mean_ms),
        "delay p95 ms": round(score.delay_p95_ms),
    }
    return Row(name, figures)


def judge(heard: Sequence[Sequence[Silence]], policy: Policy) -> Score:
    """Apply a policy: an utterance is cut off when it takes any silence before the last for the end."""
    cut_off = [any(policy(s) <= s.lasted_ms for s in silences if not s.is_end) for silences in heard]
    delays_ms = [policy(silence) for silences in heard for silence in silences if silence.is_end]
    return Score(mean(cut_off), mean(delays_ms), float(np.percentile(delays_ms, 95)))


def _plain(wait_ms: int) -> Policy:
    return lambda silence: wait_ms


def _adaptive(patience: float, *, pitch: bool = True, meant: bool = False) -> Policy:
    settings = EndpointSettings(patience=patience)

    def required(silence: Silence) -> float:
        text = silence.meant if meant else silence.recognised
        return required_silence_ms(Pause(text, silence.contour if pitch else Contour.UNKNOWN), settings)

    return required


def _silences(utterance: Spoken) -> Iterator[Silence]:
    """Hear an utterance as a conversation does and yield its silences that last long enough to be noticed."""
    settings = EndpointSettings()
    detector, recogniser, activity = SileroVad(), _recogniser(), VoiceActivity()
    recogniser.begin()
    frames = utterance.sound[: len(utterance.sound) // 512 * 512].reshape(-1, 512)
    noticed: Silence | None = None
    ended_ms = now_ms = 0
    for index, frame in enumerate(frames):
        now_ms = (index + 1) * 32
        was_speaking = activity.speaking
        activity = hear(activity, detector.probability(frame), index * 32, now_ms, VoiceActivitySettings())
        recogniser.accept(frame)
        silent_ms = now_ms - activity.offset_ms
        if activity.speaking and not was_speaking and noticed:
            yield _lasting(noticed, activity.onset_ms - ended_ms, is_end=False)
            noticed = None
        elif not activity.speaking and activity.offset_ms and noticed is None and silent_ms >= settings.draft_ms:
            ended_ms = activity.offset_ms
            noticed = _noticed(utterance, recogniser.partial().text, ended_ms)
    if noticed:
        yield _lasting(noticed, now_ms - ended_ms, is_end=True)


def _noticed(utterance: Spoken, recognised: str, ended_ms: int) -> Silence:
    before = utterance.sound[: ended_ms * RATE_HZ // 1000]
    meant = " ".join(word.text for word in utterance.words if word.start_s * 1000 < ended_ms - 50)
    return Silence(recognised, meant, final_contour(before[-RATE_HZ:], RATE_HZ), 0, is_end=False)


def _lasting(silence: Silence, lasted_ms: int, *, is_end: bool) -> Silence:
    return Silence(silence.recognised, silence.meant, silence.contour, lasted_ms, is_end)


_sphinx: list[SphinxRecogniser] = []


def _recogniser() -> SphinxRecogniser:
    if not _sphinx:
        _sphinx.append(SphinxRecogniser(SphinxSettings()))
    return _sphinx[0]


def _synthetic() -> Iterator[Spoken]:
    chance = random.Random(SEED)
    voices = [FliteVoice(FliteSettings(voice=name)) for name in ("slt", "rms")]
    lines = [line for line in SENTENCES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    for index, line in enumerate(lines):
        parts = [part.split() for part in line.split("|")]
        sound, words = _spoken(voices[index % len(voices)], " ".join(word for part in parts for word in part))
        counts = np.cumsum([len(part) for part in parts])[:-1]
        yield _with_pauses(sound, words, [int(count) for count in counts], chance)


def _spoken(voice: FliteVoice, text: str) -> tuple[Samples, tuple[Word, ...]]:
    chunks: list[SpeechChunk] = []

    def take(chunk: SpeechChunk) -> bool:
        chunks.append(chunk)
        return True

    voice.speak(text, take)
    return np.concatenate([chunk.samples for chunk in chunks]), tuple(w for chunk in chunks for w in chunk.words)


def _recorded() -> Iterator[Spoken]:
    """Yield each recording twice, with pauses at two different places between its words."""
    transcripts = RECORDINGS / "transcripts.tsv"
    if not transcripts.exists():
        return
    chance = random.Random(SEED)
    for line in transcripts.read_text(encoding="utf-8").splitlines()[1:]:
        name, text = line.split("\t")
        sound = read_sound(RECORDINGS / name, RATE_HZ).samples
        words = _aligned(sound, text)
        for count in chance.sample(range(2, len(words) - 1), 2) if len(words) > 4 else ():
            yield _with_pauses(sound, words, [count], chance)


def _aligned(sound: Samples, text: str) -> tuple[Word, ...]:
    """Find the words of a known text in its recording; empty where pocketsphinx does not know one of them."""
    import pocketsphinx

    decoder = pocketsphinx.Decoder(loglevel="FATAL", lm=None)
    words = text.split()
    if any(decoder.lookup_word(word) is None for word in words):
        return ()
    decoder.set_align_text(text)
    decoder.start_utt()
    decoder.process_raw((sound * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = [segment for segment in decoder.seg() or () if segment.word[0] not in "<[("]
    return tuple(Word(s.word.split("(")[0], s.start_frame / 100, (s.end_frame + 1) / 100) for s in found)


def _with_pauses(sound: Samples, words: Sequence[Word], after: Sequence[int], chance: random.Random) -> Spoken:
    """Put silence behind the words of these counts, and a quiet room under everything."""
    parts, moved, shift_s, at = [], [], 0.0, 0
    for count, word in enumerate(words, 1):
        moved.append(Word(word.text, word.start_s + shift_s, word.end_s + shift_s))
        if count in after and count < len(words):
            cut = round((word.end_s + words[count].start_s) / 2 * RATE_HZ)
            pause_s = min(2.5, max(0.25, chance.lognormvariate(np.log(0.6), 0.5)))
            parts += [_faded(sound[at:cut]), np.zeros(round(pause_s * RATE_HZ), np.float32)]
            at, shift_s = cut, shift_s + pause_s
    parts += [_faded(sound[at:]), np.zeros(round(TRAIL_S * RATE_HZ), np.float32)]
    whole = np.concatenate([np.zeros(RATE_HZ // 2, np.float32), *parts])
    moved = [Word(word.text, word.start_s + 0.5, word.end_s + 0.5) for word in moved]
    hiss = np.random.default_rng(SEED).normal(0, HISS, len(whole)).astype(np.float32)
    return Spoken(whole + hiss, tuple(moved))


def _faded(part: Samples) -> Samples:
    """Take the clicks off the ends."""
    part = part.copy()
    ramp = np.linspace(0, 1, min(160, len(part)), dtype=np.float32)
    part[: len(ramp)] *= ramp
    part[len(part) - len(ramp) :] *= ramp[::-1]
    return part
