import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.virtual_clock import run_virtually


def test_an_hour_passes_at_once_and_in_order() -> None:
    async def main() -> list[tuple[str, float]]:
        order: list[tuple[str, float]] = []

        async def after(seconds: float, name: str) -> None:
            await asyncio.sleep(seconds)
            order.append((name, round(asyncio.get_running_loop().time(), 6)))

        async with asyncio.TaskGroup() as group:
            group.create_task(after(3600, "late"))
            group.create_task(after(0.5, "early"))
        return order

    assert run_virtually(main()) == [("early", 0.5), ("late", 3600.0)]


def test_time_stands_still_while_a_thread_works() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        ticking = asyncio.create_task(asyncio.sleep(1000))
        with ThreadPoolExecutor(1) as thread:
            await loop.run_in_executor(thread, time.sleep, 0.05)
        ticking.cancel()
        return loop.time()

    assert run_virtually(main()) == 0.0


def test_waiting_for_nothing_is_an_error_and_not_a_hang() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="never happen"):
        run_virtually(main())
