"""Does one act of the signing or devices area in a process of its own and kills itself at a given moment.

Moments are counted: before and after every statement, before and after every commit, before and after every line of
the head log. They exist in this process only; production code has no such switch.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

from cosign.devices.model import DeviceProof
from cosign.devices.repository import SqlDeviceUnit
from cosign.devices.usecases.enrol import Enrolment, enrol
from cosign.signing.head_log import FileHeadLog
from cosign.signing.usecases.activate_key import activate_key
from cosign.signing.usecases.change_key_state import revoke_key
from cosign.store.prepared import Prepared
from cosign.store.unit_of_work import writing
from protocol.codes import Op
from tests.cosign.signing.real import Directory, RealWorld, UtcClock

CODE = b"c" * 32
DEVICE_PUBLIC = b"\2" + b"p" * 32


@dataclass
class Act:
    """What the process does."""

    kind: str
    """`send`, `activate`, `revoke` or `enrol`."""
    now_ms: int
    directory: dict[str, bytes]
    envelope: bytes = b""
    op: Op = Op.KEYGEN
    key_id: str = ""
    device_id: str = ""
    signature: bytes = b""
    proof: DeviceProof | None = field(default=None)


class Before:
    """Stands for the process that ran before; gives clock and devices."""

    def __init__(self, act: Act) -> None:
        self.clock = UtcClock()
        self.clock.ms = act.now_ms
        self.directory = Directory()
        self.directory.keys = act.directory


class Moments:
    """Counts and kills."""

    def __init__(self, deadly: int) -> None:
        self.left = deadly

    def pass_one(self, *_: object) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self.pass_one()
            result = function(*arguments, **options)
            self.pass_one()
            return result

        return run


def act_and_die(folder: Path, act: Act, deadly: int) -> None:
    """Exit status 0 when there were fewer moments than `deadly`."""
    asyncio.run(_act(folder, act, deadly))


async def _act(folder: Path, act: Act, deadly: int) -> None:
    world = RealWorld(folder, Before(act))  # type: ignore[arg-type]  # has what is used of it
    moments = Moments(deadly)
    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(world.engine, name, moments.pass_one)
    dialect = type(world.engine.dialect)
    for owner, name in ((Prepared, "_run"), (FileHeadLog, "_append"), (dialect, "do_commit")):
        setattr(owner, name, moments.around(getattr(owner, name)))
    if act.kind == "send":
        await world.send(act.envelope, act.op)
    else:
        with writing(world.engine) as connection:
            unit = world.units.unit(connection)
            if act.kind == "activate":
                activate_key(
                    unit,
                    key_id=act.key_id,
                    device_id=act.device_id,
                    signature=act.signature,
                    plaintext=None,
                    now_ms=act.now_ms,
                )
            elif act.kind == "revoke":
                revoke_key(unit, key_id=act.key_id, user_id=None, now_ms=act.now_ms)
            else:
                assert act.proof is not None
                devices = SqlDeviceUnit(connection, signing=world.units, trail=world.units.audit)
                enrolment = Enrolment(
                    code_hash=CODE, public_key=DEVICE_PUBLIC, display_name="Test phone", proof=act.proof
                )
                enrol(devices, enrolment=enrolment, clock=world.clock)
    moments.left = -1
    await world.close()
