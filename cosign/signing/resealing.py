"""SEAL-4 to SEAL-6: a new KEK version, every record under it, the old versions destroyed.

The three steps stand for themselves. Records are opened and sealed outside of any transaction, because a token may
take its time, and stored in small ones; each change is guarded by what was read, so that the service may run. A
version is destroyed only when no record is left under it; whatever is interrupted is simply run again.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Engine, func, select, update

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.errors import CosignFault, SelfTestFailed, TokenUnavailable
from cosign.signing.rows import to_share
from cosign.signing.statements import SHARES_UNDER_OLD_KEK
from cosign.signing.tables import core_key, keygen_pending, share
from cosign.store.unit_of_work import reading, writing
from hsm import ports as hsm
from keyshare.errors import RecordDamaged
from keyshare.sealing import CoreKeyContext, ShareContext, read_frame, reseal, seal, unseal_many
from protocol.seal import SecretRecord

BATCH: Final = 200
BEGUN: Final = "begun"
DONE: Final = "done"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rewrap has come."""

    moved: int
    """Records sealed anew by this run."""
    left: int
    """Shares still under another version, as counted at the start of the batch."""


class OtherRecords(Protocol):
    """Records of another area under the token's key."""

    def rewrap(self) -> int:
        """Seals what is under another version anew; returns how many records moved."""
        ...

    def uses(self, kek_version: int) -> bool:
        """Whether a record is under this version."""
        ...


class Resealing:
    """The steps of a rotation on one database and token."""

    def __init__(
        self,
        engine: Engine,
        token: hsm.Token[SecretRecord],
        *,
        server_id: str,
        audit: AuditTrail,
        clock: Clock,
        others: Sequence[OtherRecords] = (),
    ) -> None:
        self._engine = engine
        self._token = token
        self._server_id = server_id
        self._audit = audit
        self._clock = clock
        self._others = others
        self._announced: set[int] = set()

    def rotate(self) -> int:
        """All three steps, for a server that is stopped. Returns how many records moved.

        To be run every 90 days (SEAL-6). Unfinished key generations end within five minutes by themselves; as long
        as one is left under an old version, that version stays readable and the next run destroys it.

        Raises:
            TokenUnavailable: The token cannot be used; run it again.
            SelfTestFailed: A record does not open; nothing under its version is destroyed.
            DatabaseUnavailable, ConcurrentOperation: See `writing`.
        """
        self.begin()
        moved = self.rewrap(lambda _: None)
        self.destroy_unused()
        return moved

    def begin(self) -> int:
        """SEAL-4: makes the next KEK version. Servers may run. Raises as `rotate`.

        The audit trail has the intention before the token is touched, and what became of it afterwards: no outage of
        the database leaves a rotation without a row.
        """
        self._record(AuditEvent.KEK_ROTATED, BEGUN)
        try:
            with _translated():
                version = self._token.new_version()
        except Exception:
            with contextlib.suppress(CosignFault):  # the fault itself says more
                self._record(AuditEvent.KEK_ROTATED, FAILED)
            raise
        self._record(AuditEvent.KEK_ROTATED, DONE)
        return version

    def rewrap(self, told: Callable[[Progress], None]) -> int:
        """SEAL-5: seals everything that is under another version anew. Servers may run; may be interrupted.

        Args:
            told: Gets the progress before every batch.

        Returns:
            How many records moved. Raises as `rotate`.
        """
        with _translated():
            moved = self._core_keys() + sum(other.rewrap() for other in self._others)
            while found := self._shares_left():
                told(Progress(moved, found))
                moved += self._shares()
        return moved

    def destroy_unused(self) -> list[int]:
        """SEAL-6: destroys the versions that nothing is sealed under; returns them. Audited as `begin`.

        Raises:
            TokenUnavailable: A node may still seal under one of them; `retry_after_ms` says when to come back.
                Otherwise as `rotate`.
        """
        destroyed: list[int] = []
        with _translated():
            for version in sorted(self._token.info().check_values):
                if version != self._token.current_version and not self._used(version):
                    if version not in self._announced:  # `--wait` asks again and again
                        self._record(AuditEvent.KEK_DESTROYED, BEGUN)
                        self._announced.add(version)
                    self._token.destroy_version(version)
                    self._record(AuditEvent.KEK_DESTROYED, DONE)
                    destroyed.append(version)
        return destroyed

    def only_current(self) -> bool:
        """Whether no older version is left in the token."""
        return list(self._token.info().check_values) == [self._token.current_version]

    def _shares_left(self) -> int:
        current = self._token.current_version
        with reading(self._engine) as connection:
            query = select(func.count()).where(share.c.kek_version != current, func.length(share.c.sealed) > 0)
            return int(connection.execute(query).scalar_one())

    def _shares(self) -> int:
        """One batch. A row that changed meanwhile is left to the next."""
        with reading(self._engine) as connection:
            found = SHARES_UNDER_OLD_KEK.rows(connection, {"current": self._token.current_version, "batch": BATCH})
        rows = [row for row in map(to_share, found) if row is not None]
        if len(rows) != len(found):
            raise RecordDamaged("a share row is damaged")
        contexts = [ShareContext.of(self._server_id, row) for row in rows]
        opened = unseal_many(self._token, list(zip((row.sealed for row in rows), contexts, strict=True)))
        changes: list[tuple[Any, dict[str, Any]]] = []
        for row, context, record in zip(rows, contexts, opened, strict=True):
            if isinstance(record, Exception):
                raise record
            sealed, version = seal(self._token, record, context)
            unchanged = (share.c.share_id == row.share_id) & (share.c.row_ver == row.row_ver)
            changes.append((unchanged, {"sealed": sealed, "kek_version": version, "row_ver": row.row_ver + 1}))
        with writing(self._engine) as connection:
            return sum(
                connection.execute(update(share).where(unchanged).values(values)).rowcount
                for unchanged, values in changes
            )

    def _core_keys(self) -> int:
        with reading(self._engine) as connection:
            rows = connection.execute(select(core_key)).mappings().all()
        moved = 0
        for row in rows:
            if read_frame(row["sealed"])[1] == self._token.current_version:
                continue
            sealed, _ = reseal(
                self._token, row["sealed"], CoreKeyContext(self._server_id, row["name"], row["public_key"])
            )
            unchanged = (core_key.c.name == row["name"]) & (core_key.c.sealed == row["sealed"])
            with writing(self._engine) as connection:
                moved += connection.execute(update(core_key).where(unchanged).values(sealed=sealed)).rowcount
        return moved

    def _used(self, version: int) -> bool:
        if any(other.uses(version) for other in self._others):
            return True
        with reading(self._engine) as connection:
            query = select(share.c.share_id).where(share.c.kek_version == version, func.length(share.c.sealed) > 0)
            return connection.execute(query.limit(1)).first() is not None or any(
                read_frame(sealed)[1] == version
                for table in (core_key, keygen_pending)
                for sealed in connection.execute(select(table.c.sealed)).scalars()
            )

    def _record(self, event: AuditEvent, outcome: str) -> None:
        entry = AuditEntry(time_ms=self._clock.now_ms(), event=event, outcome=outcome, actor="operator")
        with writing(self._engine) as connection:
            self._audit.append(connection, [entry])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except hsm.TokenUnavailable as fault:
        raise TokenUnavailable(str(fault), retry_after_ms=fault.retry_after_ms) from fault
    except hsm.TokenRefused:
        raise
    except (hsm.TokenFault, RecordDamaged) as fault:
        raise SelfTestFailed(f"a record cannot be re-sealed: {fault}") from fault
