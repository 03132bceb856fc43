"""Uploads and stored objects in the database. The only user of `tables.py`."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update

from cosign import ids
from cosign.errors import ConcurrentOperation, ResourceNotFound
from cosign.uploads.faults import UploadInUse, UploadQuota
from cosign.uploads.model import (
    OBJECT_TRANSITIONS,
    UNCLAIMED,
    MediaType,
    ObjectState,
    Quota,
    StoredObject,
    Upload,
    UploadPurpose,
)
from cosign.uploads.tables import upload, upload_object


class UploadRows:
    """Uploads on one connection, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- uploads ---

    def add(self, one: Upload) -> None:
        """Stores an upload whose object is STORED."""
        self._connection.execute(
            insert(upload).values(
                upload_id=one.upload_id,
                owner_id=one.owner_id,
                object_id=one.object_id,
                purpose=one.purpose.value,
                media_type=one.media_type.value,
                size=one.size,
                created_at=one.created_at,
                keep_until=one.keep_until,
            )
        )

    def get(self, upload_id: str, *, owner_id: str) -> Upload:
        """Raises ResourceNotFound for an unknown id and for one of somebody else."""
        row = self._one(upload_id)
        if row is None or row["owner_id"] != owner_id:
            raise ResourceNotFound("no such upload")
        return _upload(row)

    def find(self, upload_id: str) -> Upload | None:
        """An upload whoever owns it, for staff and signed links."""
        row = self._one(upload_id)
        return None if row is None else _upload(row)

    def page(self, owner_id: str, *, before: str, limit: int) -> tuple[list[Upload], str]:
        """Uploads of an account with ids below `before` (all if empty), newest first, and where the next begins."""
        query = select(upload).where(upload.c.owner_id == owner_id).order_by(upload.c.upload_id.desc())
        if before:
            query = query.where(upload.c.upload_id < before)
        found = [_upload(row) for row in self._connection.execute(query.limit(limit + 1)).mappings()]
        return found[:limit], found[limit - 1].upload_id if len(found) > limit else ""

    def keep(self, upload_ids: Iterable[str], *, owner_id: str, until: dt.datetime) -> None:
        """Lets uploads stay until then at least; under `lock_owner`. Raises ResourceNotFound if one is not his."""
        for upload_id in upload_ids:
            one = self.get(upload_id, owner_id=owner_id)
            self._connection.execute(
                update(upload).where(upload.c.upload_id == upload_id).values(keep_until=max(one.keep_until, until))
            )

    def remove(self, upload_ids: Sequence[str]) -> int:
        """Removes uploads and drops the objects that nothing refers to any more; returns how many uploads."""
        if not upload_ids:
            return 0
        objects = set(
            self._connection.execute(select(upload.c.object_id).where(upload.c.upload_id.in_(upload_ids))).scalars()
        )
        gone = self._connection.execute(delete(upload).where(upload.c.upload_id.in_(upload_ids))).rowcount
        for object_id in objects:
            used = select(upload.c.upload_id).where(upload.c.object_id == object_id).limit(1)
            if self._connection.execute(used).first() is None:
                self._move(object_id, ObjectState.STORED, ObjectState.DROPPED)
        return gone

    def delete_unclaimed(self, upload_id: str, *, owner_id: str) -> None:
        """Removes an upload of the account. Raises ResourceNotFound, or UploadInUse if a request has taken it up."""
        self.lock_owner(owner_id)
        one = self.get(upload_id, owner_id=owner_id)
        if one.keep_until > one.created_at + UNCLAIMED:
            raise UploadInUse("a request has taken the upload up")
        self.remove([upload_id])

    def owners_of_expired(self, now: dt.datetime, limit: int) -> list[str]:
        """Owners of uploads whose time is over, in the order in which they are to be locked."""
        query = select(upload.c.owner_id).where(upload.c.keep_until <= now).limit(limit)
        return sorted(set(self._connection.execute(query).scalars()))

    def expired(self, now: dt.datetime, owner_id: str) -> list[str]:
        """Ids of an account's uploads whose time is over; under `lock_owner`."""
        query = select(upload.c.upload_id).where(upload.c.owner_id == owner_id, upload.c.keep_until <= now)
        return list(self._connection.execute(query).scalars())

    def of_owner(self, owner_id: str) -> list[Upload]:
        """Everything of an account, oldest first."""
        query = select(upload).where(upload.c.owner_id == owner_id).order_by(upload.c.upload_id)
        return [_upload(row) for row in self._connection.execute(query).mappings()]

    def lock_owner(self, owner_id: str) -> None:
        """Orders the writers of one account: quota and shared objects are decided one after the other."""
        if self._connection.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 3))")
            self._connection.execute(lock, {"name": owner_id})

    def check_quota(self, owner_id: str, size: int, quota: Quota) -> None:
        """Raises UploadQuota if `size` more bytes are too many."""
        query = select(func.count(), func.coalesce(func.sum(upload.c.size), 0)).where(upload.c.owner_id == owner_id)
        count, used = self._connection.execute(query).one()
        if count >= quota.max_uploads or used + size > quota.max_bytes:
            raise UploadQuota("the account has no room for this upload")

    # --- objects ---

    def begin_object(self, object_id: str, *, owner_id: str, key_version: int, now: dt.datetime) -> None:
        """Before the first byte goes to the store."""
        self._connection.execute(
            insert(upload_object).values(
                object_id=object_id,
                owner_id=owner_id,
                state=ObjectState.WRITING.value,
                content_index=b"",
                size=0,
                key_version=key_version,
                changed_at=now,
            )
        )

    def finish_object(self, object_id: str, *, content_index: bytes, size: int) -> None:
        """The bytes are durable in the store. Raises ConcurrentOperation if the sweep gave the object up."""
        self._move(object_id, ObjectState.WRITING, ObjectState.STORED, {"content_index": content_index, "size": size})

    def drop_object(self, object_id: str, state: ObjectState) -> None:
        """Its bytes may go. Raises ConcurrentOperation if it is in another state."""
        self._move(object_id, state, ObjectState.DROPPED)

    def same_content(self, owner_id: str, indexes: Sequence[bytes]) -> StoredObject | None:
        """An object of the same owner with this content."""
        query = select(upload_object).where(
            upload_object.c.owner_id == owner_id,
            upload_object.c.content_index.in_(indexes),
            upload_object.c.state == ObjectState.STORED.value,
        )
        row = self._connection.execute(query.limit(1)).mappings().one_or_none()
        return None if row is None else _object(row)

    def object(self, object_id: str) -> StoredObject | None:
        """One object that can be read."""
        query = select(upload_object).where(
            upload_object.c.object_id == object_id, upload_object.c.state == ObjectState.STORED.value
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _object(row)

    def unfinished(self, now: dt.datetime, before: dt.datetime, limit: int) -> list[StoredObject]:
        """Objects that are DROPPED now, or WRITING since `before`; the oldest first."""
        query = (
            select(upload_object)
            .where(upload_object.c.state != ObjectState.STORED.value, upload_object.c.changed_at <= now)
            .where((upload_object.c.state == ObjectState.DROPPED.value) | (upload_object.c.changed_at <= before))
        )
        oldest = query.order_by(upload_object.c.changed_at).limit(limit)
        return [_object(row) for row in self._connection.execute(oldest).mappings()]

    def under_other_key(self, key_version: int, after: str, limit: int) -> list[StoredObject]:
        """Stored objects under another data key, by id from `after` on."""
        query = select(upload_object).where(
            upload_object.c.key_version != key_version,
            upload_object.c.state == ObjectState.STORED.value,
            upload_object.c.object_id > after,
        )
        rows = self._connection.execute(query.order_by(upload_object.c.object_id).limit(limit)).mappings()
        return [_object(row) for row in rows]

    def replace_object(self, old: StoredObject, new_id: str) -> None:
        """Every upload refers to the new object; the old one is dropped. Raises ConcurrentOperation."""
        query = select(upload_object.c.content_index).where(upload_object.c.object_id == old.object_id)
        index = self._connection.execute(query).scalar_one()
        self._move(old.object_id, ObjectState.STORED, ObjectState.DROPPED)
        self.finish_object(new_id, content_index=index, size=old.size)
        self._connection.execute(update(upload).where(upload.c.object_id == old.object_id).values(object_id=new_id))

    def forget_object(self, object_id: str) -> None:
        """Its bytes are gone."""
        gone = upload_object.c.state == ObjectState.DROPPED.value
        self._connection.execute(delete(upload_object).where(upload_object.c.object_id == object_id, gone))

    def key_in_use(self, key_version: int) -> bool:
        """Whether an object that is or may become readable is under this data key."""
        query = select(upload_object.c.object_id).where(
            upload_object.c.key_version == key_version, upload_object.c.state != ObjectState.DROPPED.value
        )
        return self._connection.execute(query.limit(1)).first() is not None

    # --- inside ---

    def _one(self, upload_id: str) -> RowMapping | None:
        if not ids.is_id(upload_id, ids.UPLOAD):
            return None
        query = select(upload).where(upload.c.upload_id == upload_id)
        return self._connection.execute(query).mappings().one_or_none()

    def _move(self, object_id: str, state: ObjectState, to: ObjectState, values: dict[str, Any] | None = None) -> None:
        OBJECT_TRANSITIONS.check(state, to, ValueError)
        moved = self._connection.execute(
            update(upload_object)
            .where(upload_object.c.object_id == object_id, upload_object.c.state == state.value)
            .values(state=to.value, **(values or {}))
        )
        if moved.rowcount != 1:
            raise ConcurrentOperation("the object changed meanwhile")


def _upload(row: RowMapping) -> Upload:
    return Upload(
        upload_id=row["upload_id"],
        owner_id=row["owner_id"],
        object_id=row["object_id"],
        purpose=UploadPurpose(row["purpose"]),
        media_type=MediaType(row["media_type"]),
        size=row["size"],
        created_at=row["created_at"],
        keep_until=row["keep_until"],
    )


def _object(row: RowMapping) -> StoredObject:
    return StoredObject(
        object_id=row["object_id"],
        owner_id=row["owner_id"],
        state=ObjectState(row["state"]),
        size=row["size"],
        key_version=row["key_version"],
    )
