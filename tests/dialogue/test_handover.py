import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dialogue.handover import Handover


async def test_items_arrive_in_order_and_then_the_end() -> None:
    handover: Handover[int] = Handover(3, lambda item: 1)

    def offer_all() -> None:
        for number in range(100):
            handover.offer(number)

    with ThreadPoolExecutor(1) as worker:
        worker.submit(offer_all).add_done_callback(handover.finish)
        assert [await handover.take() for _ in range(101)] == [*range(100), None]


async def test_the_thread_waits_while_the_limit_lies_there() -> None:
    handover: Handover[int] = Handover(3, lambda item: 1)
    offered: list[int] = []

    def offer_all() -> None:
        for number in range(5):
            if handover.offer(number):
                offered.append(number)

    thread = threading.Thread(target=offer_all)
    thread.start()
    await asyncio.sleep(0.1)
    assert offered == [0, 1, 2]
    assert await handover.take() == 0
    handover.close()
    await asyncio.to_thread(thread.join)
    assert len(offered) <= 4


async def test_a_closed_handover_refuses() -> None:
    handover: Handover[int] = Handover(3, lambda item: 1)
    handover.close()
    assert handover.closed
    assert await asyncio.to_thread(handover.offer, 1) is False


async def test_the_error_of_the_job_comes_after_its_items() -> None:
    handover: Handover[int] = Handover(3, lambda item: 1)

    def broken() -> None:
        handover.offer(1)
        raise LookupError("it broke")

    with ThreadPoolExecutor(1) as worker:
        worker.submit(broken).add_done_callback(handover.finish)
        assert await handover.take() == 1
        with pytest.raises(LookupError, match="it broke"):
            await handover.take()
