"""Which words of a growing transcript will stay as they are."""

from collections import deque
from collections.abc import Sequence


class StablePrefix:
    """Counts the leading words on which the last `looks` hypotheses agree.

    With two looks this is the local agreement of streaming Whisper (Liu et al. 2020, Machacek et al. 2023); decoders
    that revise at every frame need more looks for the same certainty.
    """

    def __init__(self, looks: int) -> None:
        self._hypotheses: deque[tuple[str, ...]] = deque(maxlen=looks)

    def look(self, words: Sequence[str]) -> int:
        """Take the newest hypothesis and return how many of its leading words are stable."""
        self._hypotheses.append(tuple(words))
        return self.count

    @property
    def count(self) -> int:
        """Leading words on which all of the last hypotheses agree; 0 until there are enough of them."""
        if len(self._hypotheses) < (self._hypotheses.maxlen or 0):
            return 0
        agreed = 0
        for column in zip(*self._hypotheses, strict=False):
            if len(set(column)) > 1:
                break
            agreed += 1
        return agreed

    def reset(self) -> None:
        """Forget every hypothesis: a new utterance begins."""
        self._hypotheses.clear()
