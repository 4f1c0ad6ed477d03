"""From a worker thread that produces to an event loop that consumes, with a bound on what lies between."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Handover(Generic[_T]):
    """Items of one job, from its thread to the loop that made this; the thread waits while `limit` lies here."""

    def __init__(self, limit: float, size: Callable[[_T], float]) -> None:
        """Hold items whose sizes add up to about `limit`. To be made on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._limit, self._size = limit, size
        self._items: deque[_T] = deque()
        self._held = 0.0
        self._closed = False
        self._job: Future[None] | None = None
        """The job once it has ended."""
        self._changed = Condition()
        self._arrived = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nobody takes anything any more."""
        return self._closed

    def offer(self, item: _T) -> bool:
        """Hand over an item; False when nobody takes it any more. Blocks; called by the worker."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._held < self._limit)
            if self._closed:
                return False
            self._items.append(item)
            self._held += self._size(item)
            self._loop.call_soon_threadsafe(self._arrived.set)
            return True

    def finish(self, job: "Future[None]") -> None:
        """Note that the job has ended, well or not; made for `Future.add_done_callback`."""
        with self._changed:
            self._job = job
            if not self._closed:
                self._loop.call_soon_threadsafe(self._arrived.set)

    async def take(self) -> _T | None:
        """Wait for the next item; None when the job is done. Raises what the job raised."""
        while True:
            await self._arrived.wait()
            with self._changed:
                if self._items:
                    item = self._items.popleft()
                    self._held -= self._size(item)
                    self._changed.notify()
                    return item
                if self._job is not None:
                    self._job.result()
                    return None
                self._arrived.clear()

    def close(self) -> None:
        """Take nothing more; the worker learns it with its next offer."""
        with self._changed:
            self._closed = True
            self._changed.notify()
