"""Key generation in the database: pending records and new keys. Cold path, SQLAlchemy Core."""

from sqlalchemy import Connection, delete, exists, func, insert, select

from cosign.clock import from_ms
from cosign.signing.rows import as_bytes
from cosign.signing.tables import joint_key, keygen_pending, share
from keyshare.records import KeyCounts, KeyState, NewKey, PendingKeygen, ShareState


class SqlKeyRows:
    """The part of `keyshare.ports.ShareTransaction` that key generation uses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def key_id_used(self, key_id: str) -> bool:
        """See the port."""
        return bool(self._connection.execute(select(exists().where(joint_key.c.key_id == key_id))).scalar_one())

    def count_keys(self, device_id: str) -> KeyCounts:
        """See the port."""
        query = (
            select(joint_key.c.state, func.count())
            .where(joint_key.c.device_id == device_id, joint_key.c.state != KeyState.REVOKED.value)
            .group_by(joint_key.c.state)
        )
        living = {str(state): int(count) for state, count in self._connection.execute(query)}
        return KeyCounts(living.get(KeyState.INACTIVE.value, 0), sum(living.values()))

    def find_pending_owner(self, key_id: str) -> str | None:
        """See the port."""
        query = select(keygen_pending.c.device_id).where(keygen_pending.c.key_id == key_id)
        return self._connection.execute(query).scalar_one_or_none()

    def pending_keygen(self, key_id: str) -> PendingKeygen | None:
        """The server's half of an unfinished key generation."""
        query = select(keygen_pending).where(keygen_pending.c.key_id == key_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else PendingKeygen(**{**row, "sealed": as_bytes(row["sealed"])})

    def put_pending_keygen(self, pending: PendingKeygen) -> None:
        """See the port."""
        self._connection.execute(delete(keygen_pending).where(keygen_pending.c.key_id == pending.key_id))
        self._connection.execute(
            insert(keygen_pending).values(
                key_id=pending.key_id,
                device_id=pending.device_id,
                user_id=pending.user_id,
                suite=pending.suite,
                purpose=pending.purpose,
                k1=pending.k1,
                sealed=pending.sealed,
                expires_ms=pending.expires_ms,
            )
        )

    def consume_pending_keygen(self, key_id: str, k1: bytes) -> bool:
        """See the port."""
        statement = delete(keygen_pending).where(keygen_pending.c.key_id == key_id, keygen_pending.c.k1 == k1)
        return self._connection.execute(statement).rowcount == 1

    def insert_key(self, key: NewKey) -> None:
        """See the port."""
        self._connection.execute(
            insert(joint_key).values(
                key_id=key.key_id,
                user_id=key.user_id,
                device_id=key.device_id,
                suite=key.suite,
                purpose=key.purpose,
                flags=key.flags,
                pk=key.pk,
                state=KeyState.INACTIVE.value,
                frozen_by="",
                challenge_hash=b"",
                share_epoch=0,
                ot_setups=0,
                ot_since_ms=0,
                row_ver=1,
                created_at=from_ms(key.created_ms),
                ended_at=None,
            )
        )
        self._connection.execute(
            insert(share).values(
                share_id=key.share_id,
                key_id=key.key_id,
                device_id=key.device_id,
                state=ShareState.CURRENT.value,
                sealed=key.sealed,
                kek_version=key.kek_version,
                ot_state=key.ot_state.value,
                row_ver=1,
                created_ms=key.created_ms,
                expires_ms=0,
                changed_ms=key.created_ms,
            )
        )
