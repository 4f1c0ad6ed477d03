"""One run of the program: opens devices or files, shows the face at once, then talks until somebody ends it."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from time import monotonic

from agent.build import Visage, build_stages, build_visage
from agent.config import ROOT, Config, profile_names
from agent.devices import NO_MICROPHONE, DeviceMicrophone, DeviceSpeaker, find_devices
from agent.ease import Ease, eased
from agent.flipbook import Flipbook
from agent.kiosk import Kiosk, Parts
from agent.ledger import Ledger
from agent.live_table import show_stats
from agent.muting import MutableMicrophone
from agent.overlay import Overlay, OverlayPainter
from agent.picture import Display, FrameShown, PictureLoop, WindowDisplay
from agent.provenance import Origin, model_hashes, sign
from agent.recorder import Frame, Recorder, RecorderDisplay
from agent.session import Session
from agent.sound import Microphone, Speaker
from agent.sound_file import FileMicrophone
from agent.switch import Switch
from agent.timed_speaker import TimedSpeaker
from agent.tutoring import LessonNotes, write_transcript
from agent.window import Closed, KeyPressed, Window
from avatar.controls import Controls
from avatar.render import Renderer
from avatar.watermark import Watermark
from dialogue.directory import Person
from dialogue.errors import DeviceError
from dialogue.reply.lesson import LessonReplier
from dialogue.sentences import Direction
from dialogue.speech import Samples

DEMONSTRATION = ROOT / "assets" / "speech" / "question.flac"
WINDOW_POLL_S = 0.02
LINE_CHARACTERS = 2000
"""So much of a typed line is read; nobody asks longer questions."""
TAIL_S = 0.8
"""So long a recording goes on after the last word."""

NOT_LISTENING = "I am not listening. Press any key to wake me."
PAUSED = 'Paused. Say "go on".'

Tell = Callable[[str], None]
"""Says a sentence to the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for beyond the configuration."""

    portrait: Path
    listen: Path | None = None
    """A sound file in place of the microphone."""
    record: Path | None = None
    typed: bool = False
    """Lines from standard input in place of the microphone."""
    say: str | None = None
    """Only say this."""
    greet: bool = True
    window: bool = True
    ledger: Path | None = None
    stats: bool = False
    transcript: Path | None = None
    """Where a lesson is written down; None: nowhere."""
    seed: int = 0
    profile: str = ""
    controls: Controls = field(default_factory=Controls)

    @property
    def listens(self) -> bool:
        """Whether somebody's voice is heard."""
        return self.say is None and not self.typed


def suit_to_machine(wish: Wish, tell: Tell) -> Wish:
    """Where a device that is needed is missing, turn the wish into one that always ends with something to look at."""
    found = find_devices()
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) or sys.platform == "darwin"
    if not has_display:
        wish = replace(wish, window=False)
    needs_microphone = wish.listens and wish.listen is None
    missing = [
        name
        for name, is_missing in (
            ("microphone", needs_microphone and not found.microphone),
            ("loudspeaker", wish.record is None and not found.loudspeaker),
            ("display", wish.record is None and not has_display),
        )
        if is_missing
    ]
    if not missing:
        return wish
    record = wish.record or Path("talk.mp4")
    tell(f"no {' and no '.join(missing)} was found: holding a demonstration conversation into {record} instead")
    return replace(wish, listen=DEMONSTRATION if needs_microphone else wish.listen, record=record)


@dataclass(frozen=True, slots=True)
class Again:
    """The program is to start anew; `profile` None keeps the one it has."""

    profile: str | None = None


def start_again(profile: str | None) -> None:
    """Replace this process by a fresh one with the same arguments, and another profile where one is named."""
    arguments = sys.argv[1:]
    if profile:
        at = arguments.index("--profile") if "--profile" in arguments else len(arguments)
        arguments[at : at + 2] = ["--profile", profile]
    os.execv(sys.executable, [sys.executable, sys.argv[0], *arguments])


async def converse(config: Config, wish: Wish, tell: Tell) -> Again | None:
    """Talk until the window is closed, the file to listen to is over, all is said, or the fleet wants a new start.

    Raises DeviceError, InputError, EngineError and ConfigError with a sentence for the user.
    """
    controls = replace(wish.controls, liveliness=config.face.liveliness)
    visage = await asyncio.to_thread(build_visage, wish.portrait, wish.seed, controls)
    async with AsyncExitStack() as stack:
        speaker = await stack.enter_async_context(_speaker(config))
        source = _microphone(config, wish, speaker)
        microphone = MutableMicrophone(source) if source else None
        ledger = stack.enter_context(Ledger(wish.ledger))
        stage = _Stage(config, wish, visage, speaker, microphone, source)
        stack.callback(_finish, stage, wish, visage, config)
        async with asyncio.TaskGroup() as group:
            showing = group.create_task(stage.show(), name="picture")
            kiosks: list[Kiosk] = []
            told = partial(_tell_host, kiosks)
            built = await build_stages(config, stack, visage, speaker, microphone, told)
            stages = replace(built.stages, direct=partial(stage.direct, built.stages.direct))
            await stage.seen.wait()
            session = stage.session = Session(stages, config.conversation, ledger)
            if built.lesson:
                stack.callback(_end_lesson, built.lesson, built.notes, session, wish, config.reply.learner)
            talking = group.create_task(_talk(session, wish, source, stages.replier.greeting(), tell), name="talk")
            closing = group.create_task(stage.closed.wait(), name="window closed")
            if config.fleet.host:
                parts = Parts(session, visage.animator, built.voice, stage.mute, stage.restart)
                kiosks.append(Kiosk(parts, config.fleet, wish.profile, profile_names()))
            linked = [group.create_task(kiosk.run(), name="fleet") for kiosk in kiosks]
            stats = [group.create_task(show_stats(session), name="stats")] if wish.stats else []
            await asyncio.wait({talking, closing}, return_when=asyncio.FIRST_COMPLETED)
            if talking.done() and not talking.cancelled() and talking.exception() is None:
                await asyncio.sleep(TAIL_S)
            for task in (talking, closing, showing, *stats, *linked):
                task.cancel()
    return stage.again


def _end_lesson(lesson: LessonReplier, notes: LessonNotes, session: Session, wish: Wish, learner: str) -> None:
    """Count the lesson's last turn, which no answer follows, and write the transcript if it is wanted."""
    lesson.settle(session.history)
    if wish.transcript:
        write_transcript(wish.transcript, lesson.title, learner, notes, date.today())


def _tell_host(kiosks: Sequence[Kiosk], person: Person) -> None:
    for kiosk in kiosks:
        kiosk.tell_host(person.notify or person.name)


def _finish(stage: "_Stage", wish: Wish, visage: Visage, config: Config) -> None:
    """Close what was open; a finished recording gets its content credentials."""
    stage.close()
    if wish.record and wish.record.suffix == ".mp4" and config.provenance.sign:
        sign(wish.record, Origin(visage.portrait.sha256(), model_hashes()), config.provenance)


async def _talk(session: Session, wish: Wish, microphone: Microphone | None, greeting: str, tell: Tell) -> None:
    opening = wish.say or (greeting if wish.greet else "")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run(opening), name="session")
        await asyncio.sleep(0)
        typing = group.create_task(_type_lines(session, tell), name="typing") if wish.typed else None
        if wish.say is not None:
            session.end_when_idle()
        if isinstance(microphone, FileMicrophone):
            await session.wait_until_idle()
            microphone.start()
        await running
        if typing:
            typing.cancel()


async def _type_lines(session: Session, tell: Tell) -> None:
    """Hand over lines of standard input; lines of a file or pipe wait for the answer before."""
    tell("type what you want to say and press Enter; an empty line or Ctrl-D ends")
    is_interactive = sys.stdin.isatty()
    async for line in _lines():
        if not is_interactive:
            await session.wait_until_idle()
        session.type(line)
        await asyncio.sleep(0)
    session.end_when_idle()


async def _lines() -> AsyncIterator[str]:
    """Read standard input on a thread that does not keep the program alive."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        while line := sys.stdin.readline(LINE_CHARACTERS):
            rest = line
            while rest and not rest.endswith("\n"):  # a line without an end must not fill the memory
                rest = sys.stdin.readline(LINE_CHARACTERS)
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="typing", daemon=True).start()
    while (line := await lines.get()).strip():
        yield line.strip()


@asynccontextmanager
async def _speaker(config: Config) -> AsyncIterator[Speaker]:
    if not find_devices().loudspeaker:
        yield TimedSpeaker(monotonic)
        return
    async with DeviceSpeaker(config.sound).running() as speaker:
        yield speaker


def _microphone(config: Config, wish: Wish, speaker: Speaker) -> Microphone | None:
    if not wish.listens:
        return None
    if wish.listen is not None:
        return FileMicrophone(wish.listen, lambda: speaker.heard() / speaker.sample_rate_hz)
    if not find_devices().microphone:
        raise DeviceError(NO_MICROPHONE)
    return DeviceMicrophone(config.sound)


class _Stage:
    """Window, recording and the loop that fills them."""

    def __init__(
        self,
        config: Config,
        wish: Wish,
        visage: Visage,
        speaker: Speaker,
        microphone: MutableMicrophone | None,
        source: Microphone | None,
    ) -> None:
        self.session: Session | None = None
        self.closed = asyncio.Event()
        self.again: Again | None = None
        self._speaker = speaker
        self._microphone, self._source = microphone, source
        self.seen = asyncio.Event()
        """Set once the face is on the screen."""
        self._painter = OverlayPainter(config.overlay)
        self._ease = Ease(config.overlay, config.conversation.endpoint)
        self._switch = Switch(config.scanning) if config.scanning.enabled else None
        self._switch_key = config.scanning.key
        self._window = Window(config.window, self._painter) if wish.window else None
        renderer = Renderer(visage.portrait, size_px=config.window.picture_px)
        self._recording = self._recorder(wish.record, config.window.picture_px) if wish.record else None
        displays: list[Display] = [self._recording] if self._recording else []
        if self._window:
            displays.append(WindowDisplay(self._window.show, self._overlay))
        self._renderer, self._animator = renderer, visage.animator
        size_px = config.window.picture_px
        self._mark = None if config.provenance.leave_out_watermarks else Watermark(size_px, size_px)
        self._loop = PictureLoop(speaker, self._draw, displays, config.window.frame_rate_hz, self._shown)
        log = logging.getLogger("visavis")
        if config.overlay.hide_artificial_person_mark:
            log.warning("the sign that says this is an artificial person is hidden")
        if config.provenance.leave_out_watermarks:
            log.warning("picture and voice carry no invisible marks")

    async def show(self) -> None:
        """Show frames until cancelled, and watch the window."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._loop.run(), name="frames")
            group.create_task(self._watch(), name="window events")

    def mute(self, muted: bool) -> None:
        """Hear silence instead of the microphone, or the microphone again."""
        if self._microphone:
            self._microphone.muted = muted

    def direct(self, onward: Callable[[Direction, float], None], direction: Direction, at_s: float) -> None:
        """Carry out a stage direction about ease, and hand on every one."""
        self._make_easy(eased(self._ease, direction))
        onward(direction, at_s)

    def restart(self, profile: str | None) -> None:
        """Ask for a new start."""
        self.again = Again(profile)
        self.closed.set()

    def close(self) -> None:
        """Finish the recording and take the window away."""
        if self._recording:
            self._recording.close()
        if self._window:
            self._window.close()

    async def _watch(self) -> None:
        while self._window and not self.closed.is_set():
            for event in self._window.events():
                if isinstance(event, Closed):
                    self.closed.set()
                elif isinstance(event, KeyPressed):
                    self._take_key(event)
            await asyncio.sleep(WINDOW_POLL_S)

    def _draw(self, time_s: float) -> Frame:
        frame = self._renderer.render(self._animator.motion_at(time_s), self._animator.breath_at(time_s))
        if self._mark:
            self._mark.mark(frame)
        return frame

    def _make_easy(self, ease: Ease) -> None:
        if ease.listening is not self._ease.listening:
            self.mute(not ease.listening)
        self._ease, self._painter.settings = ease, ease.overlay
        if self.session:
            self.session.wait_for_user(ease.endpoint)

    def _take_key(self, key: KeyPressed) -> None:
        """Any key wakes one who does not listen; the switch's key scans, the space bar talks."""
        if key.is_down and not self._ease.listening:
            self._make_easy(replace(self._ease, listening=True))
        elif self._switch and key.name == self._switch_key:
            words = self._switch.press(_now_ms()) if key.is_down else ""
            if words and self.session:
                self.session.type(words)
        elif key.name == "space":
            self._push_to_talk(is_down=key.is_down)

    def _push_to_talk(self, *, is_down: bool) -> None:
        if self.session:
            (self.session.press if is_down else self.session.release)()

    def _overlay(self) -> Overlay:
        if self.session is None:
            return Overlay()
        words = self.session.captions()
        return Overlay(self.session.activity.value, words.user, words.agent, self.session.notice or self._sign())

    def _sign(self) -> str:
        """Give what the user should see at the top when there is no trouble."""
        if self._switch and (lit := self._switch.highlighted(_now_ms())):
            return lit
        if not self._ease.listening:
            return NOT_LISTENING
        return PAUSED if self._ease.paused and self._was_cut_off() else ""

    def _was_cut_off(self) -> bool:
        """Tell whether there is a reply to go on with: an answer to something else ends a pause."""
        past = self.session.history if self.session else ()
        return next((said.interrupted for said in reversed(past) if said.speaker == "agent"), False)

    def _shown(self, shown: FrameShown) -> None:
        self.seen.set()
        if self.session:
            self.session.frame_shown(shown.position, shown.shown_at, late=shown.late)

    def _recorder(self, path: Path, size_px: int) -> RecorderDisplay:
        rate_hz = self._speaker.sample_rate_hz
        moving_picture = path.suffix.lower() == ".webp"
        recorder = Flipbook(path, rate_hz) if moving_picture else Recorder(path, (size_px, size_px), rate_hz)
        return RecorderDisplay(recorder, self._heard, lambda frame: self._painter.painted(frame, self._overlay()))

    def _heard(self, start: int, stop: int) -> Samples:
        """Give both sides of the conversation for a recording; the room's own side only where it comes from a file."""
        sound = self._speaker.played(start, stop)
        if isinstance(self._source, FileMicrophone):
            rate_hz = self._speaker.sample_rate_hz
            sound = sound + self._source.between(start / rate_hz, start / rate_hz + len(sound) / rate_hz, rate_hz)
        return sound


def _now_ms() -> int:
    return round(monotonic() * 1000)
