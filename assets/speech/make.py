"""Make question.flac, the visitor's side of the demonstration conversation, with flite's voice slt.

python -m assets.speech.make
"""

from pathlib import Path

import av
import numpy as np

from dialogue.speech import SpeechChunk
from dialogue.synthesise.flite import FliteSettings, FliteVoice

QUESTIONS = ("Hello! What are your opening hours?", "Thank you. And where is the elevator?")
GAP_S = 8.0
"""Time for the first answer."""


def spoken(voice: FliteVoice, text: str) -> np.ndarray:
    chunks: list[SpeechChunk] = []
    voice.speak(text, lambda chunk: chunks.append(chunk) is None)
    return np.concatenate([chunk.samples for chunk in chunks])


def main() -> None:
    voice = FliteVoice(FliteSettings(voice="slt"))
    gap = np.zeros(round(GAP_S * voice.sample_rate_hz), np.float32)
    first, second = (spoken(voice, question) for question in QUESTIONS)
    samples = np.concatenate([first, gap, second])
    with av.open(str(Path(__file__).with_name("question.flac")), "w") as file:
        stream = file.add_stream("flac", rate=voice.sample_rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767 * 0.8).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = voice.sample_rate_hz
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    main()
