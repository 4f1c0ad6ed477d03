"""A portrait speaks a recording into a file, as fast as the machine can."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from agent.build import open_portrait
from agent.recorder import Recorder
from avatar.animator import Animator
from avatar.controls import Controls
from avatar.idle import Activity
from avatar.latents import FRAME_RATE_HZ, LatentSpace
from avatar.learned import LearnedMotion, MotionNetwork
from avatar.phones import PhoneDecoder
from avatar.render import Renderer
from dialogue.audio import SPEECH_RATE_HZ, read_sound
from dialogue.speech import SpeechChunk


def film_speech(portrait: Path, speech: Path, out: Path, controls: Controls, seed: int, size_px: int) -> Iterator[int]:
    """Write the film; yields first how many frames there will be, then each frame's number once it is done.

    Raises InputError and PortraitError for what cannot be read or written, before anything is yielded.
    """
    space = LatentSpace.load()
    sound = read_sound(speech)
    face = open_portrait(portrait)
    renderer = Renderer(face, space, size_px)
    animator = Animator(space, seed, controls)
    generator = LearnedMotion(space, MotionNetwork())
    animator.turn_to(Activity.SPEAKING)
    generator.begin(seed, None, controls)
    animator.speak(0.0)
    animator.append(
        generator.push(SpeechChunk(sound.samples, SPEECH_RATE_HZ, tuple(PhoneDecoder().decode(sound.samples))))
    )
    animator.append(generator.finish())
    animator.place(0.0, 0.0)
    count = int(np.ceil(sound.seconds * FRAME_RATE_HZ))
    per_frame = SPEECH_RATE_HZ // FRAME_RATE_HZ
    recorder = Recorder(out, (size_px, size_px), SPEECH_RATE_HZ, FRAME_RATE_HZ, keep_every_frame=True)
    yield count
    try:
        for frame in range(count):
            time_s = frame / FRAME_RATE_HZ
            picture = renderer.render(animator.motion_at(time_s), animator.breath_at(time_s))
            recorder.add(picture, sound.samples[frame * per_frame : (frame + 1) * per_frame], time_s)
            yield frame
    finally:
        recorder.close()
