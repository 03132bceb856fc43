"""Row 73: a token that is lost or slow costs no attempt twice, and no opened record is kept to do without it."""

import asyncio
import secrets
import time

import pytest

from hsm.ports import TokenUnavailable
from hsm.software import SoftwareToken
from protocol.codes import Op, Status
from tests.cosign.signing.real import WRONG_PIN, RealWorld


async def test_73_a_lost_token_charges_nothing(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [secrets.token_bytes(32)], pin=WRONG_PIN)

    def lost(*_args: object, **_options: object) -> None:
        raise TokenUnavailable("session lost")

    with monkeypatch.context() as patched:
        patched.setattr(SoftwareToken, "unseal", lost)
        for _ in range(2):  # the key was used a moment ago: nothing of it is left in this process
            assert (await real.send(run.envelope, Op.SIGN)).status is Status.UNAVAILABLE
    assert real.scalar("SELECT attempts_left FROM dev_state") == 9

    assert (await real.send(run.envelope, Op.SIGN)).status is Status.PIN_WRONG
    assert (await real.send(run.envelope, Op.SIGN)).status is Status.STALE
    assert real.scalar("SELECT attempts_left FROM dev_state") == 8


async def test_73_a_slow_token_charges_a_repeat_once(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = real.enrol()
    key_id = await real.keygen(phone)
    run, _ = real.begin_sign(phone, key_id, [secrets.token_bytes(32)], pin=WRONG_PIN)
    unseal = SoftwareToken.unseal

    def slow(token, *args, **options):  # type: ignore[no-untyped-def]
        time.sleep(0.2)
        return unseal(token, *args, **options)

    monkeypatch.setattr(SoftwareToken, "unseal", slow)

    handled = await asyncio.gather(*(real.send(run.envelope, Op.SIGN) for _ in range(3)))

    assert sorted(one.status for one in handled) == sorted([Status.PIN_WRONG, Status.STALE, Status.STALE])
    assert real.scalar("SELECT attempts_left FROM dev_state") == 8
