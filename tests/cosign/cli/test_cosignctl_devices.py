"""Transcripts of `cosignctl device reidentify`."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cosign import ids
from cosign.devices.model import Device
from cosign.devices.model import DeviceState as BoundState
from cosign.server import operator_wiring
from cosign.server.config import load
from cosign.store.unit_of_work import writing
from keyshare.device_row import DeviceState
from keyshare.outcomes import next_version
from protocol.phone import DeviceKey
from tests.cosign.cli.conftest import Run


def add_device(folder: Path, state: DeviceState, **changes: int) -> str:
    """A device whose row is in `state`."""
    config = load(environ={"COSIGN_SERVER__STATE_DIR": str(folder / "cosign-data")})
    with operator_wiring.operator(config) as operator, writing(operator.engine) as connection:
        device_id = ids.new_id(ids.DEVICE, operator.clock.now_ms())
        operator.devices(connection).add_device(
            Device(
                device_id=device_id,
                user_id="user-1",
                display_name="Phone",
                public_key=DeviceKey.generate().public_key,
                state=BoundState.ACTIVE,
                enrolled_at=operator.clock.now(),
            )
        )
        unit = operator.units.unit(connection)
        row = unit.device_row(device_id)
        assert row is not None
        if state is not DeviceState.ACTIVE or changes:
            unit.change_device(row, next_version(row, replace(row, state=state, **changes)))  # type: ignore[arg-type]
    return device_id


@pytest.mark.parametrize("state", [DeviceState.LOCKED, DeviceState.FROZEN])
def test_attempts_start_again_and_the_lifetime_does_not(ready: Run, tmp_path: Path, state: DeviceState) -> None:
    device_id = add_device(tmp_path, state, attempts_left=0, lifetime_left=41)
    done = ready("device", "reidentify", device_id, "--yes")
    assert (done.returncode, done.stdout) == (0, f"{device_id} {state} attempts 9 of 41\n")
    assert done.stderr == "cosignctl: the user now runs `cosign-phone recover`\n"
    again = ready("--json", "--lang", "zh", "device", "reidentify", device_id, "--yes")
    assert json.loads(again.stdout) == {
        "device_id": device_id,
        "state": state.value,
        "attempts_left": 9,
        "lifetime_left": 41,
    }
    assert again.stderr.startswith("cosignctl: 请用户")
    exported = [json.loads(line) for line in ready("audit", "export").stdout.splitlines()]
    assert [(row["event"], row["device_id"], row["actor"]) for row in exported if row["kind"] == "row"] == [
        ("device_reidentified", device_id, "operator")
    ] * 2


@pytest.mark.parametrize(
    ("state", "changes", "problem"),
    [
        (DeviceState.ACTIVE, {}, "neither locked nor frozen"),
        (DeviceState.LOCKED, {"lifetime_left": 0}, "the lifetime of attempts is used up"),
    ],
)
def test_what_cannot_come_back_is_refused(
    ready: Run, tmp_path: Path, state: DeviceState, changes: dict[str, int], problem: str
) -> None:
    device_id = add_device(tmp_path, state, **changes)
    done = ready("device", "reidentify", device_id, "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert done.stderr.endswith("[KEY_STATE]\n")
    assert "密钥当前状态不允许此操作。" in ready("--lang", "zh", "device", "reidentify", device_id, "--yes").stderr


def test_an_unbound_device_does_not_come_back(ready: Run, tmp_path: Path) -> None:
    device_id = add_device(tmp_path, DeviceState.FROZEN)
    assert ready("device", "unbind", device_id).returncode == 0
    done = ready("device", "reidentify", device_id, "--yes")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("[DEVICE_UNBOUND]\n")


def test_wrong_usage_and_unknown_devices(ready: Run, tmp_path: Path) -> None:
    assert ready("device", "reidentify", "dev_1", "--yes").returncode == 2
    assert ready("device", "reidentify").returncode == 2
    unknown = ready("device", "reidentify", "dev_01HF7YAT00AAAAAAAAAAAAAAAA", "--yes")
    assert (unknown.returncode, unknown.stderr[-21:]) == (1, "[RESOURCE_NOT_FOUND]\n")
    unasked = ready("device", "reidentify", add_device(tmp_path, DeviceState.FROZEN))
    assert (unasked.returncode, unasked.stdout) == (2, "")
    assert "--yes" in unasked.stderr


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"yes\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_it_asks_on_a_terminal(ready: Run, tmp_path: Path, answer: bytes, status: int) -> None:
    device_id = add_device(tmp_path, DeviceState.FROZEN)
    ours, theirs = os.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        [sys.executable, "-m", "cosign.cli.cosignctl", "device", "reidentify", device_id],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[3])},
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == status
    assert f"{device_id} of user user-1 is frozen; was the user identified again? [y/N]" in done.stderr
    assert ("NOT_CONFIRMED" in done.stderr) == (status == 1)
    assert bool(done.stdout) == (status == 0)
