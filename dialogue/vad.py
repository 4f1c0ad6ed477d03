"""Voice activity: how likely each frame of the microphone is speech."""

import importlib.util
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import onnxruntime
import webrtcvad
from pydantic import Field

from dialogue.audio import SPEECH_RATE_HZ
from dialogue.errors import EngineUnavailable
from dialogue.section import Section
from dialogue.speech import Samples


class VadSettings(Section):
    """Section `vad`: how speech is told from everything else."""

    engine: Literal["silero", "webrtc"] = Field(
        "silero", description="silero: robust in hum and noise; webrtc: tiny, for quiet rooms only"
    )
    aggressiveness: int = Field(2, ge=0, le=3, description="webrtc only: 0 lets the most through, 3 the least")


class VoiceActivityDetector(Protocol):
    """Speech probability of consecutive frames of fixed length."""

    sample_rate_hz: int
    frame_samples: int

    def probability(self, frame: Samples) -> float:
        """Probability in 0..1 that this frame (`frame_samples` long) is speech; frames must come in order."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...


class SileroVad:
    """Silero VAD v6 (MIT) from its ONNX file, which faster-whisper's wheel carries; 0.1 ms a frame of 32 ms."""

    sample_rate_hz = SPEECH_RATE_HZ
    frame_samples = 512
    _context_samples = 64

    def __init__(self) -> None:
        """Load the network; raises EngineUnavailable when its file is missing."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(_silero_file()), options, providers=["CPUExecutionProvider"])
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._window = np.zeros((1, self._context_samples + self.frame_samples), np.float32)

    def probability(self, frame: Samples) -> float:
        """Probability in 0..1 that this frame of 512 samples is speech, given those before it."""
        self._window[0, : self._context_samples] = self._window[0, -self._context_samples :]
        self._window[0, self._context_samples :] = frame
        probability, self._hidden, self._cell = self._session.run(
            None, {"input": self._window, "h": self._hidden, "c": self._cell}
        )
        return float(probability[0])


class WebRtcVad:
    """WebRTC's detector: a yes or no per 20 ms, at chance in hum and noise."""

    sample_rate_hz = SPEECH_RATE_HZ
    frame_samples = 320

    def __init__(self, aggressiveness: int) -> None:
        """Take 0 (lets the most through) to 3 (the least)."""
        self._aggressiveness = aggressiveness
        self.reset()

    def reset(self) -> None:
        """Forget everything heard so far."""
        self._detector = webrtcvad.Vad(self._aggressiveness)

    def probability(self, frame: Samples) -> float:
        """1 for speech, 0 for the rest; frames of 320 samples."""
        pcm = (np.clip(frame, -1, 1) * 32767).astype("<i2").tobytes()
        return float(self._detector.is_speech(pcm, self.sample_rate_hz))


def _silero_file() -> Path:
    # Found without importing faster-whisper, which would load CTranslate2 for nothing.
    spec = importlib.util.find_spec("faster_whisper")
    folders = spec.submodule_search_locations or [] if spec else []
    for folder in folders:
        file = Path(folder) / "assets" / "silero_vad_v6.onnx"
        if file.is_file():
            return file
    raise EngineUnavailable(
        "Silero's voice detector is missing: reinstall with `pip install faster-whisper==1.2.1`, or set vad.engine"
        " to webrtc"
    )
