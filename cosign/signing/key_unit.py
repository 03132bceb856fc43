"""`KeyUnit` on one SQL connection. Cold path: SQLAlchemy Core."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, Select, and_, func, insert, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError

from cosign.audit.model import AuditEntry
from cosign.audit.trail import AuditTrail
from cosign.clock import from_ms
from cosign.errors import ConcurrentOperation, KeyStateRefused
from cosign.signing.model import FrozenBy, Key, KeyFilter, Purpose
from cosign.signing.repository import SqlShareTransaction
from cosign.signing.rows import from_device
from cosign.signing.tables import dev_state, joint_key, public_key_usage, share
from keyshare.device_row import DeviceRow, DeviceState, RowMac, StoredDevice, corrupted, encode_row
from keyshare.ports import DeviceChange, HeadLog
from keyshare.records import KeyState, ShareState, custody_of


class SqlKeyUnit:
    """Implements `cosign.signing.ports.KeyUnit` inside the caller's transaction."""

    def __init__(self, connection: Connection, *, audit: AuditTrail, row_mac: RowMac, heads: HeadLog) -> None:
        self._connection = connection
        self._audit = audit
        self._row_mac = row_mac
        self._heads = heads
        self._shares = SqlShareTransaction(connection, audit)

    # --- keys ---

    def key(self, key_id: str) -> Key | None:
        """See the port."""
        found = self._read(_keys().where(joint_key.c.key_id == key_id))
        return found[0] if found else None

    def keys(
        self, *, user_id: str | None, where: KeyFilter, after: tuple[int, str] | None, limit: int
    ) -> Sequence[Key]:
        """See the port."""
        query = _keys().order_by(joint_key.c.created_at.desc(), joint_key.c.key_id.desc()).limit(limit)
        if user_id is not None:
            query = query.where(joint_key.c.user_id == user_id)
        if where.device_id is not None:
            query = query.where(joint_key.c.device_id == where.device_id)
        if where.purpose is not None:
            query = query.where(joint_key.c.purpose == int(where.purpose))
        if where.state is not None:
            query = query.where(joint_key.c.state == where.state.value)
        if after is not None:
            created, key_id = from_ms(after[0]), after[1]
            older = joint_key.c.created_at < created
            query = query.where(or_(older, and_(joint_key.c.created_at == created, joint_key.c.key_id < key_id)))
        return self._read(query)

    def keys_of_device(self, device_id: str) -> Sequence[Key]:
        """See the port."""
        return self._read(_keys().where(joint_key.c.device_id == device_id))

    def inactive_before(self, created_before_ms: int, limit: int) -> Sequence[Key]:
        """See the port."""
        old = joint_key.c.created_at < from_ms(created_before_ms)
        query = _keys().where(joint_key.c.state == literal_column("'inactive'"), old).limit(limit)
        return self._read(query.with_for_update(of=joint_key, skip_locked=True))

    def change_state(self, key: Key, after: KeyState, *, frozen_by: FrozenBy, now_ms: int) -> Key:
        """See the port."""
        values: dict[str, object] = {"state": after.value, "frozen_by": frozen_by.value}
        values["row_ver"] = joint_key.c.row_ver + 1
        if after is KeyState.REVOKED:
            values["ended_at"] = from_ms(now_ms)
        guard = (joint_key.c.key_id == key.key_id, joint_key.c.state == key.state.value)
        if self._connection.execute(update(joint_key).where(*guard).values(**values)).rowcount != 1:
            raise ConcurrentOperation("the key changed meanwhile")
        changed = self.key(key.key_id)
        if changed is None:
            raise ConcurrentOperation("the key disappeared")
        return changed

    def set_challenge(self, key_id: str, challenge_hash: bytes) -> None:
        """See the port."""
        self._connection.execute(
            update(joint_key).where(joint_key.c.key_id == key_id).values(challenge_hash=challenge_hash)
        )

    # --- shares ---

    def destroy_shares(self, key_id: str, now_ms: int) -> None:
        """See the port."""
        living = share.c.state.in_([ShareState.CURRENT.value, ShareState.PENDING.value, ShareState.RETIRED.value])
        self._connection.execute(
            update(share)
            .where(share.c.key_id == key_id, living)
            .values(
                state=ShareState.DESTROYED.value,
                sealed=b"",
                row_ver=share.c.row_ver + 1,
                expires_ms=0,
                changed_ms=now_ms,
            )
        )

    def current_shares(self) -> Sequence[tuple[str, str, bytes]]:
        """See the port."""
        query = select(share.c.key_id, share.c.device_id, share.c.share_id)
        rows = self._connection.execute(query.where(share.c.state == ShareState.CURRENT.value))
        return [(row.key_id, row.device_id, row.share_id) for row in rows]

    def current_share(self, key_id: str, device_id: str) -> bytes:
        """Id of the CURRENT share of one place; empty when there is none."""
        place = (share.c.key_id == key_id, share.c.device_id == device_id)
        query = select(share.c.share_id).where(*place, share.c.state == ShareState.CURRENT.value)
        return self._connection.execute(query).scalar_one_or_none() or b""

    def lock_device(self, device_id: str) -> None:
        """Waits until no micro-batch holds the row."""
        self._shares.lock_devices([device_id])

    def head_ended(self, key: Key) -> None:
        """See the port."""
        self._heads.ended(key.key_id, key.device_id)

    # --- devices ---

    def device_row(self, device_id: str) -> DeviceRow | None:
        """See the port."""
        stored = self._stored(device_id)
        if stored is not None and corrupted([stored], self._row_mac):
            raise KeyStateRefused("the row of the device was altered outside of the service")
        return None if stored is None else stored.row

    def freeze_altered(self, device_id: str) -> None:
        """See the port."""
        self._shares.freeze_corrupted([device_id])

    def device_rows(self, device_ids: Sequence[str]) -> Sequence[DeviceRow]:
        """See the port."""
        stored = [one for one in (self._stored(device_id) for device_id in device_ids) if one]
        broken = corrupted(stored, self._row_mac)
        return [
            replace(one.row, state=DeviceState.FROZEN) if one.row.device_id in broken else one.row for one in stored
        ]

    def add_device(self, row: DeviceRow) -> None:
        """See the port."""
        try:
            self._connection.execute(insert(dev_state).values(**from_device(row, self._row_mac([encode_row(row)])[0])))
        except IntegrityError as fault:
            raise ConcurrentOperation("the device has a row already") from fault

    def change_device(self, before: DeviceRow, after: DeviceRow) -> None:
        """See the port."""
        change = DeviceChange(before, after, self._row_mac([encode_row(after)])[0], guard_attempts=False)
        if self._shares.update_devices([change]):
            raise ConcurrentOperation("the device row changed meanwhile")

    def record(self, entry: AuditEntry) -> None:
        """See the port."""
        self._audit.append(self._connection, [entry])

    def _stored(self, device_id: str) -> StoredDevice | None:
        return self._shares.lock_devices([device_id]).get(device_id)

    def _read(self, query: Select[tuple[object, ...]]) -> list[Key]:
        return [
            Key(
                key_id=row["key_id"],
                user_id=row["user_id"],
                device_id=row["device_id"],
                suite=row["suite"],
                purpose=Purpose(row["purpose"]),
                public_key=row["pk"],
                state=KeyState(row["state"]),
                frozen_by=FrozenBy(row["frozen_by"]),
                share_epoch=row["share_epoch"],
                decryptions=row["decryptions"],
                custody=custody_of(row["flags"]),
                created_at=row["created_at"],
                challenge_hash=row["challenge_hash"],
            )
            for row in self._connection.execute(query).mappings()
        ]


def _keys() -> Select[tuple[object, ...]]:
    usage = func.coalesce(public_key_usage.c.decryptions, 0).label("decryptions")
    source = joint_key.outerjoin(public_key_usage, public_key_usage.c.pk == joint_key.c.pk)
    return select(*joint_key.c, usage).select_from(source)
