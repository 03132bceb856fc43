"""SQL of the hot path that only PostgreSQL has: row locks that skip, and one statement for all rows of a batch.

Ids go out as one array, whatever their number; rows that are written go out as VALUES, one text per number of rows.
Every parameter has the type of its Python value (`cosign.store.wire`).
"""
# ruff: noqa: S608 - texts are put together from names of columns and parameters; values are always bound

from functools import lru_cache
from typing import Final

from cosign.signing.statements import DEVICE_COLUMNS
from cosign.store.prepared import Prepared

_DEVICES: Final = f"SELECT {', '.join(DEVICE_COLUMNS)} FROM dev_state WHERE device_id = ANY(:ids) ORDER BY device_id"
_SHARES: Final = (
    "SELECT s.share_id, s.state, s.row_ver, s.expires_ms, s.changed_ms, k.state "
    "FROM share s JOIN joint_key k ON k.key_id = s.key_id WHERE s.share_id = ANY(:ids) ORDER BY k.key_id"
)

LOCK_DEVICES: Final = Prepared(f"{_DEVICES} FOR UPDATE")
"""TX-1: waits for `lock_timeout`."""
LOCK_FREE_DEVICES: Final = Prepared(f"{_DEVICES} FOR UPDATE SKIP LOCKED")
"""TX-B2: rows that are busy are left out."""

LOCK_SHARES: Final = Prepared(f"{_SHARES} FOR UPDATE OF k")
LOCK_FREE_SHARES: Final = Prepared(f"{_SHARES} FOR UPDATE OF k SKIP LOCKED")

EXISTING_DEVICES: Final = Prepared("SELECT device_id FROM dev_state WHERE device_id = ANY(:ids)")
EXISTING_SHARES: Final = Prepared("SELECT share_id FROM share WHERE share_id = ANY(:ids)")

SEEN: Final = Prepared(
    "SELECT device_id, req_id FROM seen_request "
    "WHERE (device_id, req_id) IN (SELECT * FROM unnest(CAST(:devices AS text[]), CAST(:ids AS bytea[])))"
)
"""CLONE-2."""

DECRYPTIONS: Final = Prepared(
    "SELECT pk, decryptions FROM public_key_usage WHERE pk = ANY(:ids) ORDER BY pk FOR UPDATE"
)
"""DEC-3."""

_CHANGED: Final = tuple(name for name in DEVICE_COLUMNS if name not in ("device_id", "user_id"))
UPDATE_COLUMNS: Final = ("device_id", *_CHANGED, "old_ver", "old_state", "old_ctr", "paid")
"""Order of the parameters of one row of `update_devices`."""


@lru_cache(maxsize=128)
def update_devices(count: int) -> Prepared:
    """TX-4 for `count` rows, parameters `<column>_<row>`; returns the ids that were hit."""
    return Prepared(
        "UPDATE dev_state d SET "
        + ", ".join(f"{name} = v.{name}" for name in _CHANGED)
        + f" FROM (VALUES {_values(UPDATE_COLUMNS, count)}) AS v ({', '.join(UPDATE_COLUMNS)})"
        " WHERE d.device_id = v.device_id AND d.row_ver = v.old_ver AND d.state = v.old_state AND d.ctr = v.old_ctr"
        " AND (d.attempts_left > 0 OR v.paid = 1) RETURNING d.device_id"
    )


@lru_cache(maxsize=1024)
def add_seen(count: int) -> Prepared:
    """CLONE-4 for `count` entries, all different; raised, never lowered."""
    columns = ("device_id", "req_id", "expires_ms")
    return Prepared(
        f"INSERT INTO seen_request ({', '.join(columns)}) VALUES {_values(columns, count)} "
        "ON CONFLICT (device_id, req_id) DO UPDATE SET expires_ms = excluded.expires_ms "
        "WHERE excluded.expires_ms > seen_request.expires_ms"
    )


def _values(columns: tuple[str, ...], count: int) -> str:
    rows = ("(" + ", ".join(f":{name}_{row}" for name in columns) + ")" for row in range(count))
    return ", ".join(rows)


def numbered(row: int, values: dict[str, object]) -> dict[str, object]:
    """Parameters of one row of a statement of this module."""
    return {f"{name}_{row}": value for name, value in values.items()}
