"""An event loop whose time jumps: an hour of conversation in seconds, the same every time.

Time stands still while a worker thread has something to do and otherwise leaps to the next thing that is due.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class _LeapingSelector(selectors.DefaultSelector):
    """Waits for files and threads as ever, but lets time leap where only time would pass."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.jobs = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.jobs:
            return super().select(None if timeout is None or timeout > 0 else 0)
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("this conversation waits for something that can never happen")
        if not ready and timeout:
            self.now_s += timeout
        return ready


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An event loop that keeps virtual time; seconds since its making."""

    def __init__(self) -> None:
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Tell the virtual time."""
        return self._leaping.now_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Arguments], Result], *args: *Arguments
    ) -> asyncio.Future[Result]:
        """Run a function on a thread; time stands still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._leaping.jobs += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _: asyncio.Future[Any]) -> None:
        self._leaping.jobs -= 1


def run_virtually(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualClockLoop) as runner:
        return runner.run(main)
