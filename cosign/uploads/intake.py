"""One upload from its first byte to its row.

::

    WRITING row ─▶ bytes: checked or written anew, sealed ─▶ object durable ─▶ STORED and upload row, one commit

A crash leaves a WRITING row, which the sweep removes with whatever came into the store. The same content twice of one
owner is stored once; of two owners always twice, so that nobody learns what others have.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from cosign import ids
from cosign.clock import Clock
from cosign.personal.model import Field, PersonalData
from cosign.store.idempotency import RequestKey, recall, remember
from cosign.store.unit_of_work import writing
from cosign.uploads.faults import UploadIncomplete, UploadTooLarge, UploadTypeRefused
from cosign.uploads.images import reencode
from cosign.uploads.model import RULES, UNCLAIMED, MediaType, ObjectState, Quota, Upload, UploadPurpose
from cosign.uploads.mp4 import Mp4Inspector
from cosign.uploads.pdf import check_pdf
from cosign.uploads.ports import ObjectStore
from cosign.uploads.repository import UploadRows
from cosign.uploads.sealing import ObjectKeys, SealingWriter
from cosign.uploads.sniffing import HEAD_BYTES, sniff


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What the caller says before the first byte."""

    key: RequestKey
    owner_id: str
    purpose: UploadPurpose
    size: int
    """Bytes that will come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes uploads into one store."""

    engine: Engine
    store: ObjectStore
    keys: ObjectKeys
    personal: PersonalData
    clock: Clock
    quota: Quota

    def begin(self, announced: Announced) -> "OpenUpload":
        """Checks what can be checked before the first byte.

        Raises:
            UploadTooLarge, UploadQuota: It will not be taken.
            UploadStoreUnavailable, DatabaseUnavailable: Try again later.
        """
        rule = RULES[announced.purpose]
        if announced.size > rule.max_bytes:
            raise UploadTooLarge(f"at most {rule.max_bytes} bytes")
        key = self.keys.writing_key()
        object_id = ids.new_id(ids.OBJECT, self.clock.now_ms())
        with writing(self.engine) as connection:
            rows = UploadRows(connection)
            rows.check_quota(announced.owner_id, announced.size, self.quota)
            rows.begin_object(object_id, owner_id=announced.owner_id, key_version=key.version, now=self.clock.now())
        writer = SealingWriter(self.store.writer(object_id), key.seal_upload(object_id))
        return OpenUpload(self, announced, object_id, writer)


class OpenUpload:
    """One upload whose bytes are coming. One caller at a time; ends with `finish` or `abort`."""

    def __init__(self, intake: Intake, announced: Announced, object_id: str, writer: SealingWriter) -> None:
        self._intake = intake
        self._announced = announced
        self._rule = RULES[announced.purpose]
        self._object_id = object_id
        self._writer = writer
        self._received = 0
        self._sent = hashlib.sha256()
        self._stored = hashlib.sha256()
        self._size = 0
        self._held = bytearray()
        """Bytes before the type is known; of a picture or document, all of them."""
        self._type: MediaType | None = None
        self._video = Mp4Inspector()

    def write(self, data: bytes) -> None:
        """Takes the next bytes.

        Raises:
            UploadTooLarge: More than was announced.
            UploadTypeRefused: Not a type of this purpose.
            UploadContentRefused: A video that is none, or too long.
            UploadStoreUnavailable: Try again later.
        """
        self._received += len(data)
        if self._received > self._announced.size:
            raise UploadTooLarge("more bytes than announced")
        self._sent.update(data)
        self._held += data
        if self._type is None and len(self._held) >= HEAD_BYTES:
            self._type = self._sniffed()
        if self._type is MediaType.MP4:
            self._pass_on()

    def finish(self) -> Upload:
        """All bytes have come: stores the upload, or returns the one of an earlier call with the same request id.

        Raises:
            UploadIncomplete: Bytes are missing.
            UploadTypeRefused, UploadContentRefused, UploadTooLarge, UploadQuota: It is not taken.
            RequestIdReused: The id was used for another content.
            UploadStoreUnavailable, DatabaseUnavailable, ConcurrentOperation: Try again.
        """
        if self._received != self._announced.size:
            raise UploadIncomplete(f"{self._received} of {self._announced.size} bytes arrived")
        media_type = self._type or self._sniffed()
        if media_type.is_image:
            picture, media_type = reencode(bytes(self._held), media_type, longest_side=self._rule.longest_side)
            self._held.clear()
            self._store(picture)
        elif media_type is MediaType.PDF:
            check_pdf(bytes(self._held))
            self._store(bytes(self._held))
            self._held.clear()
        else:
            self._pass_on()
            self._video.finish()
        self._writer.commit()
        with writing(self._intake.engine) as connection:
            return self._settle(connection, media_type)

    def abort(self) -> None:
        """Gives up; what was written is removed at once, or by the sweep. Never raises what the store reports."""
        self._held.clear()
        self._writer.abort()

    # --- inside ---

    def _sniffed(self) -> MediaType:
        found = sniff(bytes(self._held[:HEAD_BYTES]))
        if found is None or found not in self._rule.media_types:
            allowed = ", ".join(sorted(self._rule.media_types))
            raise UploadTypeRefused(f"the content must be one of {allowed}")
        return found

    def _pass_on(self) -> None:
        """Looks at what has come of a video, and stores it."""
        self._video.write(bytes(self._held))
        self._store(bytes(self._held))
        self._held.clear()

    def _store(self, clear: bytes) -> None:
        self._stored.update(clear)
        self._size += len(clear)
        self._writer.write(clear)

    def _settle(self, connection: Connection, media_type: MediaType) -> Upload:
        intake, announced, now = self._intake, self._announced, self._intake.clock.now()
        rows = UploadRows(connection)
        rows.lock_owner(announced.owner_id)
        body_hash = hashlib.sha256(announced.purpose.encode() + self._sent.digest()).digest()
        known = recall(connection, announced.key, body_hash=body_hash, now_ms=intake.clock.now_ms())
        if known is not None:
            rows.drop_object(self._object_id, ObjectState.WRITING)
            return rows.get(known.decode(), owner_id=announced.owner_id)
        rows.check_quota(announced.owner_id, self._size, intake.quota)
        indexes = intake.personal.indexes(Field.CONTENT, announced.owner_id, self._stored.hexdigest())
        same = rows.same_content(announced.owner_id, indexes)
        if same is None:
            rows.finish_object(self._object_id, content_index=indexes[0], size=self._size)
        else:
            rows.drop_object(self._object_id, ObjectState.WRITING)
        made = Upload(
            upload_id=ids.new_id(ids.UPLOAD, intake.clock.now_ms()),
            owner_id=announced.owner_id,
            object_id=self._object_id if same is None else same.object_id,
            purpose=announced.purpose,
            media_type=media_type,
            size=self._size,
            created_at=now,
            keep_until=now + UNCLAIMED,
        )
        rows.add(made)
        remember(
            connection,
            announced.key,
            body_hash=body_hash,
            answer=made.upload_id.encode(),
            now_ms=intake.clock.now_ms(),
        )
        return made
