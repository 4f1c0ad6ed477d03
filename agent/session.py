"""One conversation: a TaskGroup that carries out the actions of `dialogue.turns`.

Events go through the table at once, on the event loop's thread, and their actions are carried out before anything else
runs: a reply that is cancelled cannot slip another sample into the loudspeaker. Whatever takes time runs in tasks of
the one group, whatever blocks in worker threads with a name.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Literal, Protocol

from pydantic import Field

from agent.captions import Captions, agent_caption, user_caption
from agent.ear import Ear
from agent.far_end import FarEnd
from agent.ledger import Ledger, OverlapEntry, PictureEntry, PictureTally, TurnEntry
from agent.script import Stretch, written
from agent.sound import MICROPHONE_RATE_HZ, Microphone, Speaker
from agent.speaking import Instruments, Mouth, Mover, Reply, Voice
from agent.transcription import Transcription
from avatar.idle import Activity
from dialogue import turns
from dialogue.bargein import BargeInSettings, Overlap, Verdict, judge
from dialogue.echo import is_echo
from dialogue.endpoint import EndpointSettings, Pause, asks_yes_or_no, required_silence_ms
from dialogue.errors import DeviceError, EngineError
from dialogue.history import Utterance
from dialogue.recognise import Recogniser
from dialogue.reply import Replier
from dialogue.section import Section
from dialogue.sentences import Direction, Piece
from dialogue.speech import Samples
from dialogue.turns import Phase, Turn, advance

LONGEST_TEXT = 2000
"""Characters of a typed line that are read; the rest is no question."""
RETRY_S = 1.0
"""So long between two looks for a microphone that went away."""
HISTORY_UTTERANCES = 40
PICTURE_ENTRY_MS = 1000
ECHO_S = 2.0
"""What the agent said longer ago does not come back from the room any more."""
GAP_MS = 80
DECODING_MS = 60
"""A recogniser shows a word so long after its end."""

SHOWN = {
    Phase.IDLE: Activity.IDLE,
    Phase.LISTENING: Activity.LISTENING,
    Phase.CLOSING: Activity.THINKING,
    Phase.THINKING: Activity.THINKING,
    Phase.SPEAKING: Activity.SPEAKING,
    Phase.DOUBTING: Activity.LISTENING,
}


class ConversationSettings(Section):
    """Section `conversation`: how the user and the agent take turns."""

    listening: Literal["open", "headphones", "push-to-talk"] = Field(
        "open",
        description="open: microphone and loudspeaker in one room; headphones: no echo to remove; push-to-talk: only"
        " while the space bar or the button is held",
    )
    preroll_ms: int = Field(320, ge=0, le=2000, description="sound before the noticed beginning that is recognised too")
    shortest_speech_ms: int = Field(120, ge=0, le=2000, description="less voice than this is no turn")
    goodbye_ends: bool = Field(True, description="saying goodbye ends the program; a kiosk waits for the next visitor")
    apology: str = Field("I am sorry, I lost my thread.", description="said when a reply fails half-way")
    endpoint: EndpointSettings = Field(EndpointSettings(), description="When the user counts as having finished.")
    barge_in: BargeInSettings = Field(BargeInSettings(), description="What interrupts the agent.")


@dataclass(frozen=True, slots=True)
class Asking:
    """When the user's turn ended, in ms of the conversation's clock."""

    user_stopped_ms: int | None = None
    endpoint_ms: int | None = None
    transcript_ms: int | None = None
    drafted: bool = False


class Face(Mouth, Protocol):
    """The part of `avatar.animator.Animator` that a conversation moves."""

    def turn_to(self, activity: Activity) -> None:
        """Behave as one who idles, listens, thinks or is about to speak."""
        ...

    def user_paused(self) -> None:
        """Let a listener react to a pause of the user's."""
        ...


Cutter = Callable[[AsyncIterator[str]], AsyncGenerator[Piece, None]]
"""Cuts a stream of text into speakable pieces."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What a conversation is made of. Absent: `microphone`, `ear` and `recogniser` where nobody is listened to, `face`
    and `mover` where there is nothing to see."""

    speaker: Speaker
    voice: Voice
    replier: Replier
    pieces: Cutter
    microphone: Microphone | None = None
    ear: Ear | None = None
    recogniser: Recogniser | None = None
    face: Face | None = None
    mover: Mover | None = None
    direct: Callable[[Direction, float], None] = lambda direction, at_s: None
    """Carries out a stage direction of a reply when its word is heard, a time in seconds of the speaker's clock."""


class Session:
    """One conversation. Make it, then await `run`; everything else may be called meanwhile, on the loop's thread."""

    def __init__(self, stages: Stages, settings: ConversationSettings, ledger: Ledger) -> None:
        self._on, self._settings, self.ledger = stages, settings, ledger
        self._turn = Turn()
        self._history: list[Utterance] = []
        self._reply: Reply | None = None
        self._reply_task: asyncio.Task[None] | None = None
        self._replies = 0
        self._utterance: Transcription | None = None
        self._utterance_tasks: set[asyncio.Task[None]] = set()
        self._recogniser_lock = asyncio.Lock()
        self._far_end = FarEnd(stages.speaker, MICROPHONE_RATE_HZ)
        self._ended = asyncio.Event()
        self._rested = asyncio.Event()
        self._ends_when_idle = False
        self._speaking_before = False
        self._listening_since_ms = 0
        self._microphone_notice = self._reply_notice = ""
        self._lull_text = ""
        self._asking = Asking()
        self._overlap: OverlapEntry | None = None
        self._frames = PictureTally(0)
        self._first_frame_ms: int | None = None
        self._last_frame_ms: int | None = None

    # What others see.

    @property
    def phase(self) -> Phase:
        """Whose turn it is."""
        return self._turn.phase

    @property
    def activity(self) -> Activity:
        """What the face shows of it."""
        return SHOWN[self._turn.phase]

    @property
    def history(self) -> Sequence[Utterance]:
        """What was said and heard, oldest first."""
        return tuple(self._history)

    @property
    def notice(self) -> str:
        """A sentence about trouble that lasts, empty when there is none."""
        return self._microphone_notice or self._reply_notice

    @property
    def now_ms(self) -> int:
        """The conversation's one clock."""
        return self._on.speaker.heard() * 1000 // self._on.speaker.sample_rate_hz

    def captions(self) -> Captions:
        """Give the words of the moment."""
        said = self._turn.said if self._turn.phase is not Phase.SPEAKING else ""
        agent = agent_caption(self._reply.words, self._reply.reached()) if self._reply else ""
        return Captions(user_caption(said, self._hearing()), agent)

    # What others ask for.

    def type(self, text: str) -> None:
        """Take a typed line as the user's turn, whatever is going on."""
        if text := " ".join(text[:LONGEST_TEXT].split()):
            self._happen(turns.Typed(self.now_ms, text))

    def prompt(self, text: str) -> None:
        """Say a text of one's own accord; only while nothing else is going on (`wait_until_idle`)."""
        self._happen(turns.Prompted(self.now_ms, text))

    def wait_for_user(self, endpoint: EndpointSettings) -> None:
        """Wait from now on as long as these settings say before taking a pause for the end."""
        self._settings = self._settings.model_copy(update={"endpoint": endpoint})

    def press(self) -> None:
        """Begin to listen because the user holds the button down."""
        if self._turn.phase in (Phase.SPEAKING, Phase.DOUBTING):
            self._happen(self._interrupted())
        elif self._turn.phase is not Phase.LISTENING:
            self._happen(turns.SpeechOn(self.now_ms))

    def release(self) -> None:
        """End the user's turn because the button was let go."""
        if self._turn.phase is Phase.LISTENING:
            self._happen(turns.Endpoint(self.now_ms))

    def frame_shown(self, position: int, shown_at: int, *, late: bool) -> None:
        """Note a frame on the screen: the sample it was made for, and the sample heard when it was seen."""
        rate_hz = self._on.speaker.sample_rate_hz
        now_ms = shown_at * 1000 // rate_hz
        self._frames = self._frames.counting(late=late)
        if self._reply and self._reply.is_speech_at(position):
            self._last_frame_ms = now_ms
            self._first_frame_ms = self._first_frame_ms or now_ms
            self._frames = self._frames.counting_speech((shown_at - position) * 1000 / rate_hz)
        if now_ms - self._frames.since_ms >= PICTURE_ENTRY_MS:
            self.ledger.add(self._with_queues(self._frames.entry(now_ms)))
            self._frames = PictureTally(now_ms)

    def _with_queues(self, entry: PictureEntry) -> PictureEntry:
        """Add how the stages keep up, as far as the devices count it."""
        queues = {
            "recogniser_behind_ms": self._utterance.behind_ms if self._utterance else 0,
            "underruns": getattr(self._on.speaker, "underruns", 0),
            "dropped_blocks": getattr(self._on.microphone, "dropped_blocks", 0),
        }
        return entry.model_copy(update=queues)

    def end_when_idle(self) -> None:
        """Let `run` return as soon as nobody speaks or is about to."""
        self._ends_when_idle = True
        self._note_rest()

    async def wait_until_idle(self) -> None:
        """Wait until nobody speaks or is about to."""
        while self._turn.phase is not Phase.IDLE:
            self._rested.clear()
            await self._rested.wait()

    async def run(self, greeting: str = "") -> None:
        """Hold the conversation until it ends: the microphone's file is over, or `end_when_idle`.

        Raises DeviceError when there is no microphone at the beginning. One that goes away later is waited for.
        """
        with ExitStack() as stack:
            self._ear_thread = stack.enter_context(ThreadPoolExecutor(1, "ear"))
            self._recogniser_thread = stack.enter_context(ThreadPoolExecutor(1, "recogniser"))
            self._mover_thread = stack.enter_context(ThreadPoolExecutor(1, "motion"))
            async with asyncio.TaskGroup() as self._group:
                if greeting:
                    self.prompt(greeting)
                listening = self._group.create_task(self._listen(), name="listen")
                await self._ended.wait()
                listening.cancel()
                self._drop_reply()
                self._discard()

    # The table.

    def _happen(self, event: turns.Event) -> None:
        before = self._turn.phase
        self._note_time(event)
        self._turn, actions = advance(self._turn, event)
        for action in actions:
            self._perform(action)
        if self._turn.phase is not before:
            if self._on.face:
                self._on.face.turn_to(self.activity)
            self._note_rest()

    def _perform(self, action: turns.Action) -> None:
        match action:
            case turns.Listen():
                self._open_utterance()
            case turns.Transcribe():
                self._close_utterance()
            case turns.Discard():
                self._discard()
            case turns.Think(text):
                self._compose(lambda: self._thought(text), text)
            case turns.Recite(text):
                self._compose(lambda: self._on.pieces(_once(text)), "")
            case turns.Speak() | turns.Resume():
                if self._reply:
                    self._reply.let_out()
            case turns.Hold():
                self._hold()
            case turns.Cancel():
                self._drop_reply()

    def _note_time(self, event: turns.Event) -> None:
        """Keep the times that the ledger wants of the user's side."""
        match event:
            case turns.Endpoint(at_ms):
                silent_ms = self._on.ear.silent_ms if self._on.ear else 0
                self._asking = Asking(user_stopped_ms=at_ms - silent_ms, endpoint_ms=at_ms)
            case turns.Transcribed(at_ms, text):
                drafted = turns.same_words(self._turn.draft, f"{self._turn.said} {text}")
                self._asking = replace(self._asking, transcript_ms=at_ms, drafted=drafted)
            case turns.Typed(at_ms):
                self._asking = Asking(at_ms, at_ms, at_ms)
            case turns.Prompted():
                self._asking = Asking()
            case turns.FalseAlarm(at_ms) if self._overlap:
                self._overlap = self._overlap.model_copy(update={"decided_ms": at_ms, "text": self._hearing()})
            case turns.Interrupted(at_ms) if self._overlap:
                changes = {"verdict": "interruption", "decided_ms": at_ms, "text": self._hearing()}
                self._close_overlap(self._overlap.model_copy(update=changes))

    def _close_overlap(self, entry: OverlapEntry) -> None:
        self.ledger.add(entry.model_copy(update={"last_frame_ms": self._last_frame_ms}))
        self._overlap = None

    def _note_rest(self) -> None:
        if self._turn.phase is Phase.IDLE:
            self._rested.set()
            if self._ends_when_idle:
                self._ended.set()

    # Hearing.

    async def _listen(self) -> None:
        if self._on.microphone is None:
            return
        came = False
        while True:
            try:
                async for block in self._on.microphone.blocks():
                    came, self._microphone_notice = True, ""
                    await self._hear(block)
                break
            except DeviceError as error:
                if not came:
                    raise
                self._microphone_notice = str(error)
                self._happen(turns.MicrophoneLost(self.now_ms))
                await asyncio.sleep(RETRY_S)
        self._end_of_microphone()

    def _end_of_microphone(self) -> None:
        if self._turn.phase is Phase.DOUBTING:
            self._happen(turns.FalseAlarm(self.now_ms))
        self.release()
        self.end_when_idle()

    async def _hear(self, block: Samples) -> None:
        ear = self._on.ear
        if ear is None:
            return
        far = self._far_end.block(len(block)) if self._settings.listening == "open" else None
        clean = await asyncio.get_running_loop().run_in_executor(self._ear_thread, ear.accept, block, far)
        if self._utterance:
            self._utterance.push(clean)
        if self._settings.listening != "push-to-talk":
            self._notice_voice(ear)

    def _notice_voice(self, ear: Ear) -> None:
        began = ear.activity.speaking and not self._speaking_before
        self._speaking_before = ear.activity.speaking
        if began and self._turn.phase is Phase.SPEAKING and self._settings.listening == "open" and not ear.knows_room:
            return
        if began:
            self._lull_text = ""
            self._happen(turns.SpeechOn(self.now_ms))
        if self._turn.phase is Phase.LISTENING:
            self._consider_pause(ear)
        elif self._turn.phase is Phase.DOUBTING:
            self._consider_overlap(ear)

    def _consider_pause(self, ear: Ear) -> None:
        utterance, settings = self._utterance, self._settings.endpoint
        if utterance is None:
            return
        heard_ms = ear.now_ms - self._listening_since_ms
        if heard_ms >= settings.utterance_s * 1000:
            self._happen(turns.Endpoint(self.now_ms))
            return
        silence_ms = min(ear.silent_ms, heard_ms)
        # The recogniser has to have heard the pause, or the last word would be missing.
        if ear.activity.speaking or silence_ms < max(settings.draft_ms, utterance.behind_ms + DECODING_MS):
            return
        self._draft(utterance.partial.text)
        text = f"{self._turn.said} {utterance.partial.text}"
        if silence_ms >= required_silence_ms(Pause(text, ear.contour, self._asked()), settings):
            self._happen(turns.Endpoint(self.now_ms))

    def _draft(self, text: str) -> None:
        if text and text != self._lull_text:
            self._lull_text = text
            self._happen(turns.Lull(self.now_ms, text))
            if self._on.face:
                self._on.face.user_paused()

    def _asked(self) -> bool:
        last = self._history[-1] if self._history else None
        return last is not None and last.speaker == "agent" and asks_yes_or_no(last.text)

    def _consider_overlap(self, ear: Ear) -> None:
        utterance = self._utterance
        if utterance is None:
            return
        verdict = judge(
            Overlap(
                age_ms=ear.now_ms - self._listening_since_ms,
                # What the recogniser has not heard yet may have been a word.
                silent_ms=max(0, ear.silent_ms - utterance.behind_ms) if not _sounds(ear) else 0,
                voiced_ms=ear.voiced_ms - self._voiced_before_ms,
                text=utterance.partial.text,
                at_beginning=not self._has_begun(),
                is_echo=self._settings.listening == "open" and is_echo(utterance.partial.text, self._said_lately()),
            ),
            self._settings.barge_in,
        )
        if verdict is Verdict.INTERRUPTION:
            self._happen(self._interrupted())
        elif verdict is Verdict.FALSE_ALARM:
            self._happen(turns.FalseAlarm(self.now_ms))

    def _said_lately(self) -> str:
        """Give the agent's words of the last moments before it was held."""
        if self._reply is None:
            return ""
        reached = self._reply.reached()
        since = reached - round(ECHO_S * self._on.speaker.sample_rate_hz)
        return written(word for word in self._reply.words if since <= word.end and word.start <= reached)

    def _interrupted(self) -> turns.Interrupted:
        return turns.Interrupted(self.now_ms, heard=self._has_begun())

    def _has_begun(self) -> bool:
        return self._reply is not None and self._reply.has_begun()

    # Recognising.

    def _hearing(self) -> str:
        return self._utterance.partial.text if self._utterance else ""

    def _open_utterance(self) -> None:
        if self._on.recogniser is None or self._on.ear is None:
            return
        ear = self._on.ear
        onset_ms = ear.activity.onset_ms if ear.activity.speaking else ear.now_ms
        self._listening_since_ms = onset_ms
        self._voiced_before_ms = ear.voiced_ms - ear.activity.voiced_ms
        self._utterance = Transcription(self._on.recogniser, self._recogniser_thread, self._words_came)
        self._utterance.push(ear.since(onset_ms - self._settings.preroll_ms))
        task = self._group.create_task(self._transcribe(self._utterance, ear), name="recognise")
        self._utterance_tasks.add(task)
        task.add_done_callback(self._utterance_tasks.discard)

    async def _transcribe(self, utterance: Transcription, ear: Ear) -> None:
        voiced_before_ms = self._voiced_before_ms
        try:
            # One after the other: the next may begin to arrive while the last words of this one are awaited.
            async with self._recogniser_lock:
                text = (await utterance.run()).text
        except EngineError as error:
            self._reply_notice = str(error)
            text = ""
        if ear.voiced_ms - voiced_before_ms < self._settings.shortest_speech_ms:
            text = ""
        self._happen(turns.Transcribed(self.now_ms, text))

    def _words_came(self) -> None:
        if self._on.ear and self._turn.phase is Phase.DOUBTING:
            self._consider_overlap(self._on.ear)

    def _close_utterance(self) -> None:
        if self._utterance:
            by_button = self._settings.listening == "push-to-talk"
            is_silent = self._on.ear is not None and not self._on.ear.activity.speaking
            # An endpoint comes of silence that need not be decoded; a button may be let go in the last word.
            self._utterance.close(leave_out_waiting=is_silent and not by_button)
            self._utterance = None

    def _discard(self) -> None:
        for task in self._utterance_tasks:
            task.cancel()
        self._utterance = None

    # Speaking.

    def _compose(self, pieces: Callable[[], AsyncGenerator[Piece, None]], answers: str) -> None:
        on = self._on
        self._replies += 1
        self._reply_notice = ""
        instruments = Instruments(on.speaker, on.voice, on.mover, self._mover_thread, on.face, self._direct)
        self._reply = Reply(pieces, instruments, self._sounded, answers, seed=self._replies)
        self._reply_task = self._group.create_task(self._play(self._reply), name="reply")

    def _direct(self, direction: Direction, at_s: float) -> None:
        if direction.name == "goodbye" and self._settings.goodbye_ends:
            self.end_when_idle()
        self._on.direct(direction, at_s)

    async def _play(self, reply: Reply) -> None:
        try:
            await reply.run()
            event: turns.Event = turns.Finished(self.now_ms)
        except* EngineError as group:
            self._reply_notice = str(group.exceptions[0])
            await reply.until_wanted()
            event = turns.Failed(self.now_ms)
        self._remember(reply, was_cancelled=False)
        self._reply = self._reply_task = None
        self._happen(event)

    def _hold(self) -> None:
        if self._reply is None or self._on.ear is None:
            return
        ear, now_ms = self._on.ear, self.now_ms
        position = self._reply.hold()
        self._overlap = OverlapEntry(
            verdict="false alarm",
            onset_ms=now_ms - (ear.now_ms - ear.activity.onset_ms),
            held_ms=now_ms,
            silent_ms=position * 1000 // self._on.speaker.sample_rate_hz,
            decided_ms=now_ms,
        )

    def _sounded(self, stretch: Stretch) -> None:
        if self._turn.phase is Phase.THINKING:
            self._first_frame_ms = None
            self._happen(turns.Sounded(self.now_ms))
        elif self._overlap:
            resumed_ms = stretch.position * 1000 // self._on.speaker.sample_rate_hz
            self._close_overlap(self._overlap.model_copy(update={"resumed_ms": resumed_ms}))

    async def _thought(self, text: str) -> AsyncGenerator[Piece, None]:
        """Give the pieces of the reply to `text`; one that fails half-way ends with an apology."""
        history = (*self._history, Utterance("user", text))
        try:
            stream = self._noting_first(self._on.replier.reply(history))
            async with aclosing(self._on.pieces(stream)) as pieces:
                async for piece in pieces:
                    yield piece
        except EngineError as error:
            self._reply_notice = str(error)
            async for piece in self._on.pieces(_once(self._settings.apology)):
                yield piece

    async def _noting_first(self, stream: AsyncIterator[str]) -> AsyncIterator[str]:
        reply = self._reply
        async with aclosing(stream) if isinstance(stream, AsyncGenerator) else nullcontext():
            async for text in stream:
                if reply and text:
                    reply.note_token()
                yield text

    def _drop_reply(self) -> None:
        if self._reply is None or self._reply_task is None:
            return
        reply = self._reply
        reply.stop()
        self._reply_task.cancel()
        self._remember(reply, was_cancelled=True)
        self._reply = self._reply_task = None

    def _remember(self, reply: Reply, *, was_cancelled: bool) -> None:
        """Write down what was said and what of the reply was heard; a reply cancelled unheard never was."""
        if self._overlap:
            self._close_overlap(self._overlap)
        heard = reply.heard_text()
        if was_cancelled and not reply.has_begun():
            return
        interrupted = not reply.was_all_heard()
        self.ledger.add(
            TurnEntry(
                said=reply.answers,
                heard=heard,
                interrupted=interrupted,
                first_frame_ms=self._first_frame_ms,
                **asdict(self._asking),
                **asdict(reply.times),
            )
        )
        if reply.answers:
            self._history.append(Utterance("user", reply.answers))
        if heard:
            self._history.append(Utterance("agent", heard, interrupted))
        del self._history[:-HISTORY_UTTERANCES]


def _sounds(ear: Ear) -> bool:
    """Tell whether the user makes a sound right now; quicker than `ear.activity`, which bridges the gaps in words."""
    return ear.activity.speaking and ear.silent_ms < GAP_MS


async def _once(text: str) -> AsyncIterator[str]:
    yield text
