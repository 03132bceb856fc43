"""What the sweep does: uploads whose time is over, objects nobody refers to, objects under an old data key.

An object is removed from the store first and from the database then: a crash in between is repaired by the next sweep.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from cosign import ids
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.model import ObjectState, StoredObject
from cosign.uploads.ports import ObjectStore
from cosign.uploads.repository import UploadRows
from cosign.uploads.sealing import ObjectKeys, SealingWriter, open_object

BATCH: Final = 100
ABANDONED: Final = dt.timedelta(hours=1)
"""A writer that has not finished by then has crashed: no call may take so long."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What one sweep did."""

    uploads: int
    """Whose time was over."""
    objects: int
    """Removed from the store."""
    partial: int
    """Left behind by interrupted writers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The sweep of one store. Several nodes may run it at once."""

    engine: Engine
    store: ObjectStore
    keys: ObjectKeys
    clock: Clock

    def sweep(self) -> Tidied:
        """Removes a batch of each kind; to be called every minute or so.

        Raises:
            UploadStoreUnavailable, DatabaseUnavailable, ConcurrentOperation: The next sweep goes on.
        """
        now = self.clock.now()
        removed = 0
        with reading(self.engine) as connection:
            owners = UploadRows(connection).owners_of_expired(now, BATCH)
        for owner_id in owners:
            with writing(self.engine) as connection:
                rows = UploadRows(connection)
                rows.lock_owner(owner_id)  # an area may claim an upload at this moment
                removed += rows.remove(rows.expired(now, owner_id))
        return Tidied(removed, self._objects(now), self.store.sweep())

    def reseal(self) -> int:
        """Seals objects under an old data key anew; returns how many.

        Raises:
            UploadDamaged: An object does not open.
            Otherwise as `sweep`.
        """
        moved, after = 0, ""
        version = self.keys.writing_key().version
        while True:
            with reading(self.engine) as connection:
                found = UploadRows(connection).under_other_key(version, after, BATCH)
            if not found:
                return moved
            after = found[-1].object_id
            for old in found:
                moved += self._resealed(old)

    def _objects(self, now: dt.datetime) -> int:
        with reading(self.engine) as connection:
            found = UploadRows(connection).unfinished(now, now - ABANDONED, BATCH)
        for one in found:
            if one.state is ObjectState.WRITING:
                try:
                    with writing(self.engine) as connection:
                        UploadRows(connection).drop_object(one.object_id, ObjectState.WRITING)
                except ConcurrentOperation:  # it was finished at the last moment, or another node was faster
                    continue
            self.store.delete(one.object_id)
            with writing(self.engine) as connection:
                UploadRows(connection).forget_object(one.object_id)
        return len(found)

    def _resealed(self, old: StoredObject) -> int:
        key = self.keys.writing_key()
        object_id = ids.new_id(ids.OBJECT, self.clock.now_ms())
        with writing(self.engine) as connection:
            UploadRows(connection).begin_object(
                object_id, owner_id=old.owner_id, key_version=key.version, now=self.clock.now()
            )
        writer = SealingWriter(self.store.writer(object_id), key.seal_upload(object_id))
        try:
            for piece in open_object(self.store, self.keys, old):
                writer.write(piece)
            writer.commit()
        except BaseException:
            writer.abort()
            raise
        try:
            with writing(self.engine) as connection:
                rows = UploadRows(connection)
                rows.lock_owner(old.owner_id)
                rows.replace_object(old, object_id)
        except ConcurrentOperation:  # the upload was removed meanwhile; the new object goes with the sweep
            return 0
        return 1
