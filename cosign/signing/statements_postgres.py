"""SQL of the hot path that only PostgreSQL has: row locks that skip, and one statement for all rows of a batch.

Ids go out as one array, whatever their number; rows that are written go out as VALUES, one text per number of rows.
Every parameter has the type of its Python value (`cosign.store.wire`).
"""
# ruff: noqa: S608 - texts are put together from names of columns and numbers; values are always bound

from functools import lru_cache
from typing import Final

from cosign.signing.statements import DEVICE_COLUMNS, LOCKED_SHARE_COLUMNS
from cosign.store.wire import Statement, values_list

_DEVICES: Final = f"SELECT {', '.join(DEVICE_COLUMNS)} FROM dev_state WHERE device_id = ANY($1) ORDER BY device_id"
_SHARES: Final = (
    f"SELECT {LOCKED_SHARE_COLUMNS} "
    "FROM share s JOIN joint_key k ON k.key_id = s.key_id WHERE s.share_id = ANY($1) ORDER BY k.key_id"
)

LOCK_DEVICES: Final = Statement(f"{_DEVICES} FOR UPDATE")
"""TX-1: waits for `lock_timeout`. $1: ids."""
LOCK_FREE_DEVICES: Final = Statement(f"{_DEVICES} FOR UPDATE SKIP LOCKED")
"""TX-B2: rows that are busy are left out. $1: ids."""

LOCK_SHARES: Final = Statement(f"{_SHARES} FOR UPDATE OF k")
LOCK_FREE_SHARES: Final = Statement(f"{_SHARES} FOR UPDATE OF k SKIP LOCKED")

EXISTING_DEVICES: Final = Statement("SELECT device_id FROM dev_state WHERE device_id = ANY($1)")
EXISTING_SHARES: Final = Statement("SELECT share_id FROM share WHERE share_id = ANY($1)")

SEEN: Final = Statement(
    "SELECT s.device_id, s.req_id FROM unnest($1, $2) AS w (device_id, req_id) "
    "JOIN seen_request s ON s.device_id = w.device_id AND s.req_id = w.req_id"
)
"""CLONE-2. $1: devices, $2: ids of requests."""

DECRYPTIONS: Final = Statement("SELECT pk, decryptions FROM public_key_usage WHERE pk = ANY($1) ORDER BY pk FOR UPDATE")
"""DEC-3. $1: public keys."""

_CHANGED: Final = tuple(name for name in DEVICE_COLUMNS if name not in ("device_id", "user_id"))
_UPDATE_COLUMNS: Final = (*DEVICE_COLUMNS, "old_ver", "old_state", "old_ctr", "paid")


@lru_cache(maxsize=128)
def update_devices(count: int) -> Statement:
    """TX-4 for `count` rows: DEVICE_COLUMNS, then row_ver, state and ctr as locked, then 1 if paid ahead (TX-8).

    Returns the ids that were hit.
    """
    return Statement(
        "UPDATE dev_state d SET "
        + ", ".join(f"{name} = v.{name}" for name in _CHANGED)
        + f" FROM (VALUES {values_list(len(_UPDATE_COLUMNS), count)}) AS v ({', '.join(_UPDATE_COLUMNS)})"
        " WHERE d.device_id = v.device_id AND d.row_ver = v.old_ver AND d.state = v.old_state AND d.ctr = v.old_ctr"
        " AND (d.attempts_left > 0 OR v.paid = 1) RETURNING d.device_id"
    )


@lru_cache(maxsize=1024)
def add_seen(count: int) -> Statement:
    """CLONE-4 for `count` entries (device_id, req_id, expires_ms), all different; raised, never lowered."""
    return Statement(
        f"INSERT INTO seen_request (device_id, req_id, expires_ms) VALUES {values_list(3, count)} "
        "ON CONFLICT (device_id, req_id) DO UPDATE SET expires_ms = excluded.expires_ms "
        "WHERE excluded.expires_ms > seen_request.expires_ms"
    )
