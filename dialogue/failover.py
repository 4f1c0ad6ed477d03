"""When to leave an engine that fails alone, and when to try it again (a circuit breaker)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Breaker:
    """How an engine has been doing; times in seconds of any one clock. Pure: every step gives a new value."""

    failures: int = 0
    """In a row."""
    rests_until_s: float = 0.0

    def allows(self, now_s: float) -> bool:
        """Tell whether the engine may be tried."""
        return now_s >= self.rests_until_s

    def failed(self, now_s: float, rest_s: float = 5.0, longest_rest_s: float = 60.0) -> "Breaker":
        """Rest, twice as long with every failure in a row."""
        resting_s = min(rest_s * 2 ** min(self.failures, 16), longest_rest_s)
        return Breaker(self.failures + 1, now_s + resting_s)

    def succeeded(self) -> "Breaker":
        """Forget all failures."""
        return Breaker()
