"""Speech to face motion: the seam between a voice and a face. Rows are `avatar.latents.Motion` at 25 Hz."""

from typing import Protocol

from avatar.controls import Controls
from avatar.latents import Motion
from dialogue.speech import SpeechChunk


class MotionGenerator(Protocol):
    """Turns the speech of one reply after another into whole-face motion; not thread-safe.

    A reply is one stream of rows: row i belongs to i / frame_rate_hz seconds after the reply's first sample. It is
    made of pieces (sentences) that follow each other without a gap; phone times count from their own piece. How the
    speech was cut into chunks changes nothing: the rows of many chunks together are the rows of one.
    """

    frame_rate_hz: int
    """25."""
    lookahead_s: float
    """A row comes out once the speech up to this long after it is known, or at `finish`.

    Voices run ahead of the sound, so that this is not heard; 0.2 for the hand-made generator, 0.53 for the learned one,
    which makes eight rows at a time.
    """

    def begin(self, seed: int, previous: Motion | None, controls: Controls) -> None:
        """Start a reply, dropping one that was not finished.

        `seed` is all its randomness; `previous` is the row shown last [LATENT_SIZE], where there is one.
        """
        ...

    def steer(self, controls: Controls) -> None:
        """Change gaze, distance or emotion from the next row on.

        What a generator does not follow by itself the animator adds, so that following nothing is allowed.
        """
        ...

    def push(self, chunk: SpeechChunk) -> Motion:
        """Take the next speech of the piece and give the rows that are now certain [n, LATENT_SIZE], n >= 0.

        Blocks for less than a twentieth of the chunk's duration. Raises InputError for another sample rate than the
        reply began with.
        """
        ...

    def finish(self) -> Motion:
        """End the piece as if silence followed and give the rows still owed [n, LATENT_SIZE].

        The next `push` starts the reply's next piece, `begin` another reply.
        """
        ...
