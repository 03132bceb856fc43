"""SQL of the hot path as prepared text; one text per batch size, so that the compiled form is found again.

Only portable SQL: row locks and `FOR UPDATE` are added for databases that have them (SQLite has BEGIN IMMEDIATE).
"""
# ruff: noqa: S608 - texts are put together from names of columns and parameters; values are always bound

from functools import lru_cache
from typing import Final

from cosign.store.prepared import Prepared

DEVICE_COLUMNS: Final = (
    "device_id",
    "user_id",
    "row_ver",
    "state",
    "attempts_left",
    "lifetime_left",
    "lock_until_ms",
    "ctr",
    "tau_cur",
    "tau_next",
    "last_req",
    "uncommitted_evals",
    "uncommitted_since_ms",
    "charge_first_until_ms",
    "adopted_epoch",
    "recovery",
    "charged",
    "mac",
)

SHARE_COLUMNS: Final = (
    "s.share_id, s.key_id, k.user_id, s.device_id, k.suite, k.purpose, k.flags, k.pk, s.sealed, s.state, s.row_ver, "
    "s.expires_ms, k.state"
)

LOCKED_SHARE_COLUMNS: Final = (
    "s.share_id, s.state, s.row_ver, s.expires_ms, s.changed_ms, k.state, s.ot_state, k.ot_setups, k.ot_since_ms"
)

UPDATE_DEVICE: Final = Prepared(
    "UPDATE dev_state SET "
    + ", ".join(f"{name} = :{name}" for name in DEVICE_COLUMNS if name not in ("device_id", "user_id"))
    + " WHERE device_id = :device_id AND row_ver = :old_ver AND state = :old_state AND ctr = :old_ctr"
    " AND (attempts_left > 0 OR :paid = 1)"
)
"""TX-4: both outcomes, guarded."""

FREEZE_CORRUPTED: Final = Prepared("UPDATE dev_state SET state = 'frozen' WHERE device_id = :device_id")
"""SEAL-7: the MAC is left wrong on purpose."""

ADD_SEEN: Final = Prepared(
    "INSERT INTO seen_request (device_id, req_id, expires_ms) VALUES (:device_id, :req_id, :expires_ms) "
    "ON CONFLICT (device_id, req_id) DO UPDATE SET expires_ms = excluded.expires_ms "
    "WHERE excluded.expires_ms > seen_request.expires_ms"
)
"""CLONE-4: raised, never lowered."""

ADD_DECRYPTIONS: Final = Prepared(
    "INSERT INTO public_key_usage (pk, decryptions) VALUES (:pk, :used) "
    "ON CONFLICT (pk) DO UPDATE SET decryptions = public_key_usage.decryptions + :used "
    "WHERE public_key_usage.decryptions + :used <= :quota"
)

EXPIRE_PENDING: Final = Prepared(
    "UPDATE share SET state = 'expired', sealed = :empty, row_ver = row_ver + 1, expires_ms = 0, changed_ms = :now_ms "
    "WHERE key_id = :key_id AND device_id = :device_id AND state = 'pending'"
)

REPLACE_RECORD: Final = Prepared(
    "UPDATE share SET sealed = :sealed, kek_version = :kek_version, ot_state = :ot_state, row_ver = row_ver + 1 "
    "WHERE share_id = :share_id AND row_ver = :old_ver"
)
"""Section 6.2: another OT set-up, or none any more."""

COUNT_SETUP: Final = Prepared(
    "UPDATE joint_key SET ot_setups = :ot_setups, ot_since_ms = :ot_since_ms WHERE key_id = :key_id"
)

INSERT_SHARE: Final = Prepared(
    "INSERT INTO share (share_id, key_id, device_id, state, sealed, kek_version, ot_state, row_ver, created_ms, "
    "expires_ms, changed_ms) VALUES (:share_id, :key_id, :device_id, :state, :sealed, :kek_version, 'none', 1, "
    ":now_ms, :expires_ms, :now_ms)"
)

CURRENT_SHARE: Final = Prepared(
    "SELECT share_id FROM share WHERE key_id = :key_id AND device_id = :device_id AND state = 'current'"
)

RETIRE_SHARE: Final = Prepared(
    "UPDATE share SET state = 'retired', row_ver = row_ver + 1, changed_ms = :now_ms "
    "WHERE share_id = :share_id AND state = 'current'"
)

PROMOTE_SHARE: Final = Prepared(
    "UPDATE share SET state = 'current', row_ver = row_ver + 1, expires_ms = 0, changed_ms = :now_ms "
    "WHERE share_id = :share_id AND state = 'pending'"
)

COUNT_EPOCH: Final = Prepared(
    "UPDATE joint_key SET share_epoch = share_epoch + 1, row_ver = row_ver + 1 WHERE key_id = :key_id"
)


SHARES_UNDER_OLD_KEK: Final = Prepared(
    f"SELECT {SHARE_COLUMNS} FROM share s JOIN joint_key k ON k.key_id = s.key_id "
    "WHERE s.kek_version <> :current AND length(s.sealed) > 0 ORDER BY s.share_id LIMIT :batch"
)
"""SEAL-5: what is not under the current KEK version yet."""


@lru_cache(maxsize=512)
def find_shares(count: int) -> Prepared:
    """TX-0: everything of a share comes from one row (HDR-4); parameters p0 … ."""
    names = ", ".join(f":p{i}" for i in range(count))
    return Prepared(
        f"SELECT {SHARE_COLUMNS} FROM share s JOIN joint_key k ON k.key_id = s.key_id WHERE s.share_id IN ({names})"
    )


@lru_cache(maxsize=512)
def lock_devices(count: int, *, for_update: bool) -> Prepared:
    """TX-B2: rows of `count` devices in ascending id, parameters p0 … ."""
    names = ", ".join(f":p{i}" for i in range(count))
    tail = " FOR UPDATE" if for_update else ""
    return Prepared(
        f"SELECT {', '.join(DEVICE_COLUMNS)} FROM dev_state WHERE device_id IN ({names}) ORDER BY device_id{tail}"
    )


@lru_cache(maxsize=512)
def lock_shares(count: int, *, for_update: bool) -> Prepared:
    """TX-B2: states and versions of `count` shares and their keys, in ascending key id, parameters p0 … ."""
    names = ", ".join(f":p{i}" for i in range(count))
    tail = " FOR UPDATE OF k" if for_update else ""
    return Prepared(
        f"SELECT {LOCKED_SHARE_COLUMNS} "
        f"FROM share s JOIN joint_key k ON k.key_id = s.key_id WHERE s.share_id IN ({names}) ORDER BY k.key_id{tail}"
    )


@lru_cache(maxsize=512)
def seen(count: int) -> Prepared:
    """CLONE-2: which of `count` (device, id) pairs exist, parameters d0, r0, … ."""
    pairs = ", ".join(f"(:d{i}, :r{i})" for i in range(count))
    return Prepared(f"SELECT device_id, req_id FROM seen_request WHERE (device_id, req_id) IN (VALUES {pairs})")


@lru_cache(maxsize=512)
def decryptions(count: int, *, for_update: bool) -> Prepared:
    """DEC-3: answers so far of `count` public keys, parameters p0 … ."""
    names = ", ".join(f":p{i}" for i in range(count))
    tail = " FOR UPDATE" if for_update else ""
    return Prepared(f"SELECT pk, decryptions FROM public_key_usage WHERE pk IN ({names}) ORDER BY pk{tail}")


@lru_cache(maxsize=512)
def row_versions(count: int) -> Prepared:
    """TX-B4: versions of `count` device rows, to find the one that missed its guard."""
    names = ", ".join(f":p{i}" for i in range(count))
    return Prepared(f"SELECT device_id, row_ver, mac FROM dev_state WHERE device_id IN ({names})")
