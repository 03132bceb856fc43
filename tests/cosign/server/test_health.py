"""The health monitor looks again as soon as another thread reports a failure."""

import asyncio
import threading
import time
from typing import Any

import structlog

from cosign.blocking import BlockingPool
from cosign.server.health import HealthMonitor

SLOW_SECONDS = 30.0


def test_a_failure_on_another_thread_makes_the_monitor_look_at_once() -> None:
    log: Any = structlog.get_logger()
    looks = threading.Semaphore(0)

    async def run() -> float:
        blocking = BlockingPool()
        monitor = HealthMonitor(
            services=(), checks={"any": looks.release}, blocking=blocking, log=log, period_seconds=SLOW_SECONDS
        )
        running = asyncio.create_task(monitor.run())
        await asyncio.to_thread(looks.acquire)
        await asyncio.sleep(0.1)  # the monitor waits now, and nothing else wakes the loop
        began = time.monotonic()
        threading.Timer(0.2, monitor.suspect).start()
        await asyncio.to_thread(looks.acquire)
        running.cancel()
        blocking.close()
        return time.monotonic() - began

    assert asyncio.run(run()) < SLOW_SECONDS / 2
