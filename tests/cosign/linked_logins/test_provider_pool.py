"""Calls to providers are bounded and seen."""

import asyncio
import threading

import pytest

from cosign.accounts.faults import ServiceBusy
from cosign.linked_logins.faults import ProviderRefused
from cosign.linked_logins.provider_pool import ProviderPool
from tests.cosign.linked_logins.world import Seen


async def test_a_flood_is_refused_while_others_wait() -> None:
    """R-ACC-10, R-ACC-12: a slow provider takes no more than its own threads and places."""
    seen, gate = Seen(), threading.Event()
    pool = ProviderPool(seen, threads=1, waiting=1)
    held = [asyncio.create_task(pool.ask("wechat", gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)  # both begin, and take their places before they wait for anything
    assert pool._room.locked()
    with pytest.raises(ServiceBusy) as busy:
        await pool.ask("wechat", lambda: None)
    assert busy.value.retry_after_ms > 0
    gate.set()
    assert await asyncio.gather(*held) == [True, True]
    assert seen.calls == [("wechat", "SERVICE_BUSY"), ("wechat", "ok"), ("wechat", "ok")]
    pool.close()


async def test_faults_are_counted_by_reason() -> None:
    """R-ACC-12: provider errors are mapped."""
    seen = Seen()
    pool = ProviderPool(seen, threads=1)

    def refuse() -> None:
        raise ProviderRefused("no")

    def break_down() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(ProviderRefused):
        await pool.ask("alipay", refuse)
    with pytest.raises(RuntimeError):
        await pool.ask("alipay", break_down)
    assert seen.calls == [("alipay", "PROVIDER_REFUSED"), ("alipay", "INTERNAL")]
    pool.close()
