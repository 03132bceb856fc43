"""Puts the signing area together for one process: `build` for a server, `SigningUnits` for everything else.

Other areas and servicers take what they need from here; nobody else touches the tables of this area.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.signing.batcher import Batcher, Stage
from cosign.signing.core_keys import EnvelopeKeys, forget_envelope_keys
from cosign.signing.evaluator import CoreEvaluator
from cosign.signing.intake import Intake, Operation
from cosign.signing.key_operations import KeyOperations
from cosign.signing.key_unit import SqlKeyUnit
from cosign.signing.model import Key, KeyState, RestoreReport, SweepReport
from cosign.signing.ports import DeviceDirectory, HeadRecord, KeyPolicy, Observer
from cosign.signing.repository import SqlShareStore
from cosign.signing.resealing import OtherRecords, Resealing
from cosign.signing.seen_sweep import CLOCK_SLACK_MS, sweep_seen
from cosign.signing.sweep_unit import SqlSweepUnit
from cosign.signing.usecases import devices as device_cases
from cosign.signing.usecases.generate_key import KeyGenerator
from cosign.signing.usecases.prepare_request import RequestPreparer
from cosign.signing.usecases.reconcile import Finding, disagreements, repair
from cosign.signing.usecases.restore import after_restore
from cosign.signing.usecases.sweep import sweep
from cosign.store.unit_of_work import reading, writing
from hsm.ports import Token
from keyshare.batch_items import Collaborators
from keyshare.keygen import KeygenRunner
from keyshare.ports import Durability
from keyshare.transaction import BatchRunner
from protocol.seal import SecretRecord
from protocol.server import ServerCore


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningUnits:
    """Transactions of this area, for servicers, the devices area and operator programs."""

    engine: Engine
    core: ServerCore
    token: Token[SecretRecord]
    audit: AuditTrail
    heads: HeadRecord
    clock: Clock
    durability: Durability
    wrapped: tuple[OtherRecords, ...] = ()
    """Records of other areas under the token's key, for a rotation."""

    def unit(self, connection: Connection) -> SqlKeyUnit:
        """The port `KeyUnit` on the caller's transaction."""
        return SqlKeyUnit(connection, audit=self.audit, row_mac=self.core.row_mac, heads=self.heads)

    # --- for the devices area: `cosign.devices.repository.SigningDevices` ---

    def open_device(self, connection: Connection, *, device_id: str, user_id: str) -> None:
        """Makes the row of counters and clone token, inside the enrolment."""
        device_cases.open_device(
            self.unit(connection),
            device_id=device_id,
            user_id=user_id,
            tau_next=secrets.token_bytes(16),
            restore_epoch=self.token.restore_epoch(),
        )

    def unbind_device(self, connection: Connection, *, device_id: str) -> None:
        """Freezes the device for good, revokes its keys and destroys their shares."""
        device_cases.end_device(self.unit(connection), device_id=device_id, now_ms=self.clock.now_ms())

    def device_state(self, connection: Connection, device_id: str) -> str:
        """`active`, `locked` or `frozen`; a missing or altered row counts as frozen."""
        rows = self.unit(connection).device_rows([device_id])
        return rows[0].state.value if rows else "frozen"

    # --- background work and operators ---

    def record(self, event: AuditEvent) -> None:
        """Appends what the configuration of this process decided to the audit trail."""
        entry = AuditEntry(time_ms=self.clock.now_ms(), event=event, outcome="done", actor="operator")
        with writing(self.engine) as connection:
            self.audit.append(connection, [entry])

    def sweep(self) -> SweepReport:
        """Removes what has run out of time; to be called every minute or so."""
        now_ms = self.clock.now_ms()
        with writing(self.engine) as connection:
            unit = SqlSweepUnit(connection, audit=self.audit, row_mac=self.core.row_mac, heads=self.heads)
            report = sweep(unit, durability=self.durability, now_ms=now_ms)
        return replace(report, seen_requests=sweep_seen(self.engine, now_ms - CLOCK_SLACK_MS))

    def rotate_kek(self) -> int:
        """SEAL-6: re-seals everything under a new KEK version and destroys the old ones; every 90 days."""
        return self.resealing().rotate()

    def resealing(self) -> Resealing:
        """The steps of a rotation one by one."""
        return Resealing(
            self.engine,
            self.token,
            server_id=self.core.server_id,
            audit=self.audit,
            clock=self.clock,
            others=self.wrapped,
        )

    def settle_heads(self) -> int:
        """At every ordinary start: closes announcements that a crash left open in the head log (RS-3).

        Each under the lock of its device, so that a promotion that another node is about to commit is waited for.
        Never after a restore: then the database is the one that may be wrong. Returns how many were settled.
        """
        settled = 0
        for key_id, device_id in sorted(self.heads.unsettled()):
            with writing(self.engine) as connection:
                unit = self.unit(connection)
                unit.lock_device(device_id)
                head = self.heads.unsettled().get((key_id, device_id))
                share_id = unit.current_share(key_id, device_id)
                if head is not None and share_id and share_id in (head.announced, head.share_id):
                    self.heads.settle(key_id, device_id, share_id)
                    settled += 1
        return settled

    def reconcile(self, *, repairing: bool, accept_unknown: bool = False) -> list[Finding]:
        """Compares the database with the head log; repairs what can only become safer, one transaction each.

        Safe beside running nodes, but what they are doing right now may show up as a disagreement.

        Args:
            repairing: Whether to repair at all.
            accept_unknown: Enter keys that the log has never heard of: only right after the log was begun.
        """
        heads = self.heads.heads()
        with reading(self.engine) as connection:
            unit = self.unit(connection)
            current = {(key_id, device_id): share_id for key_id, device_id, share_id in unit.current_shares()}
            found = disagreements(current, heads, lambda key_id: _is_revoked(unit.key(key_id)))
        report = []
        for place, what in found.items():
            repaired = False
            if repairing:
                with writing(self.engine) as connection:
                    repaired = repair(
                        self.unit(connection),
                        self.heads,
                        place,
                        what,
                        accept_unknown=accept_unknown,
                        now_ms=self.clock.now_ms(),
                    )
            report.append(Finding(*place, what, repaired))
        return report

    def restored(self) -> RestoreReport:
        """RS-2, RS-3: to be called once after every restore and before the first start on the restored database.

        Raises the restore epoch first: whatever fails afterwards, no device is served without ADOPT.
        """
        epoch = self.token.raise_restore_epoch()
        heads = self.heads.heads()
        with writing(self.engine) as connection:
            forget_envelope_keys(connection)
            return after_restore(self.unit(connection), restore_epoch=epoch, heads=heads, now_ms=self.clock.now_ms())


@dataclass(frozen=True, slots=True)
class Signing:
    """The area in a running server."""

    units: SigningUnits
    operations: KeyOperations
    envelope_keys: EnvelopeKeys


def _is_revoked(key: Key | None) -> bool:
    return key is not None and key.state is KeyState.REVOKED


def _admit_all(_device_id: str) -> None:
    """No rate limit."""


def _durable() -> None:
    """Refuses nothing."""


def _unmeasured(_size: int, _waiting: int, _seconds: float) -> None:
    """Measures nothing."""


def _as_it_is(stage: Stage[Operation]) -> Stage[Operation]:
    """Wraps nothing."""
    return stage


def build(
    units: SigningUnits,
    *,
    devices: DeviceDirectory,
    observer: Observer,
    policy: KeyPolicy | None = None,
    charge_first: bool = False,
    raw_agreement: bool = False,
    admit: Callable[[str], None] = _admit_all,
    measured: Callable[[int, int, float], None] = _unmeasured,
    refuse: Callable[[], None] = _durable,
    staged: Callable[[Stage[Operation]], Stage[Operation]] = _as_it_is,
) -> Signing:
    """Builds the hot path of one process.

    Args:
        units: Engine, core, token and the rest of what is shared.
        devices: Public keys of devices.
        observer: Logs, metrics and alerts.
        policy: Rules of the deployment; None permits what the specification permits.
        charge_first: TX-8 for every device.
        raw_agreement: Whether decryption keys may agree in mode RAW (ECDH-3).
        admit: Charges the rate limit of a device id, on the batch thread; raises RateLimited.
        measured: Told size, requests still waiting and seconds of each micro-batch, on the batch thread.
        refuse: Raises StoreUnavailable while commits are not durable enough (RS-1).
        staged: Wraps what the batch thread runs, to time it.
    """
    store = SqlShareStore(units.engine, units.audit, refuse=refuse)
    server_id = units.core.server_id
    runner = BatchRunner(
        store,
        Collaborators(
            server_id=server_id,
            evaluator=CoreEvaluator(units.core),
            token=units.token,
            row_mac=units.core.row_mac,
            clock=units.clock,
            random=secrets.token_bytes,
            restore_epoch=units.token.restore_epoch,
            heads=units.heads,
            durability=units.durability,
            report=observer.failed,
            charge_first=charge_first,
        ),
    )
    generator = KeyGenerator(
        core=units.core,
        token=units.token,
        pending=store,
        runner=KeygenRunner(
            store=store,
            row_mac=units.core.row_mac,
            clock=units.clock,
            restore_epoch=units.token.restore_epoch,
            heads=units.heads,
            report=observer.failed,
        ),
    )
    intake = Intake(
        core=units.core,
        devices=devices,
        preparer=RequestPreparer(
            server_id=server_id, shares=store, token=units.token, policy=policy, raw_agreement=raw_agreement
        ),
        generator=generator,
        runner=runner,
        clock=units.clock,
        observer=observer,
        restore_epoch=units.token.restore_epoch,
        admit=admit,
    )
    batcher = Batcher(staged(intake), failed=observer.failed, measured=measured)
    operations = KeyOperations(intake, batcher, close=store.close)
    return Signing(units, operations, EnvelopeKeys(units.engine, units.core, units.token, units.clock))
