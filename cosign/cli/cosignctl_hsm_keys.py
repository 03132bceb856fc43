"""`cosignctl hsm rotate` and `rewrap`: a new KEK version while servers run."""

import time
from typing import Annotated, Final

import typer

from cosign.cli.cosignctl_output import emit, load_config, note, reporting
from cosign.errors import TokenUnavailable
from cosign.server import operator_wiring
from cosign.signing.resealing import Progress, Resealing

_PAUSE_SECONDS: Final = 5.0


def rotate() -> None:
    """Make a new KEK version; servers may run and take it up by themselves. Then run `cosignctl hsm rewrap`.

    Refused while two versions exist (SEAL-4).
    """
    with reporting(), operator_wiring.operator(load_config()) as operator:
        version = operator.units.resealing().begin()
        operator.checkpoints().make()
        check = operator.units.token.info().check_values[version]
    emit(
        {"version": version, "check_value": check.hex()},
        lambda: f"version {version} check_value {check.hex()} current",
    )


def rewrap(
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the old version may be destroyed.")] = False,
) -> None:
    """Seal every record under the current KEK version and destroy the old one when nothing uses it (SEAL-6).

    Servers may run. May be interrupted and repeated. An old version stays for a minute after the rotation, because
    another node may still seal under it, and as long as a key generation is unfinished, at most five minutes.
    """
    with reporting(), operator_wiring.operator(load_config()) as operator:
        steps = operator.units.resealing()
        moved, destroyed = _until_done(steps, wait=wait)
        operator.checkpoints().make()
        versions = sorted(operator.units.token.info().check_values)
    emit(
        {"records": moved, "destroyed": destroyed, "versions": versions},
        lambda: "\n".join(
            [f"records {moved}", *(f"destroyed {one}" for one in destroyed), *(f"version {one}" for one in versions)]
        ),
    )


def _until_done(steps: Resealing, *, wait: bool) -> tuple[int, list[int]]:
    moved = 0
    while True:
        moved += steps.rewrap(_told)
        try:
            destroyed = steps.destroy_unused()
        except TokenUnavailable as fault:
            if not wait:
                note(f"the old version stays for now: {fault}; repeat the command later, or use --wait")
                return moved, []
            time.sleep(max(fault.retry_after_ms / 1000, _PAUSE_SECONDS))
            continue
        if destroyed or not wait or steps.only_current():
            return moved, destroyed
        note("an unfinished key generation still uses the old version")
        time.sleep(_PAUSE_SECONDS)


def _told(progress: Progress) -> None:
    note(f"{progress.moved} records sealed anew, {progress.left} shares left")
