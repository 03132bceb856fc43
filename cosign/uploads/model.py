"""Purposes and their limits, states of stored objects, and what an upload is."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Final

from cosign.transitions import Transitions

MIB: Final = 1024 * 1024
UNCLAIMED: Final = dt.timedelta(hours=24)
"""How long an upload stays that no area has taken up."""
MAX_PIXELS: Final = 40_000_000
"""Of a picture; more is refused before it is decoded."""


class MediaType(enum.StrEnum):
    """What a content is, told by its first bytes."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    MP4 = "video/mp4"

    @property
    def is_image(self) -> bool:
        """Whether it is decoded and written anew."""
        return self in IMAGES


IMAGES: Final = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.WEBP})


class UploadPurpose(enum.StrEnum):
    """What an upload is for; the words are stored."""

    AVATAR = "avatar"
    IDENTITY = "identity"
    """Pictures of documents and of the person."""
    VIDEO = "video"
    """Of a person who holds the document."""
    DOCUMENT = "document"
    """Forms and letters, scanned or as PDF."""


@dataclass(frozen=True, slots=True)
class PurposeRule:
    """What a purpose allows."""

    media_types: frozenset[MediaType]
    max_bytes: int
    """As sent."""
    longest_side: int = 0
    """Pictures are made smaller to that many pixels; 0 leaves their size."""


RULES: Final = {
    UploadPurpose.AVATAR: PurposeRule(IMAGES, 4 * MIB, 512),
    UploadPurpose.IDENTITY: PurposeRule(IMAGES, 10 * MIB, 4096),
    UploadPurpose.VIDEO: PurposeRule(frozenset({MediaType.MP4}), 50 * MIB),
    UploadPurpose.DOCUMENT: PurposeRule(IMAGES | {MediaType.PDF}, 20 * MIB, 4096),
}


class ObjectState(enum.StrEnum):
    """Life of a stored object; only STORED ones are read."""

    WRITING = "writing"
    """Its row is there, its bytes are coming."""
    STORED = "stored"
    DROPPED = "dropped"
    """Nothing refers to it; its bytes go, then its row."""


OBJECT_TRANSITIONS: Final = Transitions(
    "an object",
    ObjectState,
    {
        ObjectState.WRITING: {ObjectState.STORED, ObjectState.DROPPED},
        ObjectState.STORED: {ObjectState.DROPPED},
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload of one account."""

    upload_id: str
    owner_id: str
    object_id: str
    purpose: UploadPurpose
    media_type: MediaType
    size: int
    """Bytes as stored: of a picture, after it was written anew."""
    created_at: dt.datetime
    keep_until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """What the database knows of one object of the store."""

    object_id: str
    owner_id: str
    state: ObjectState
    size: int
    key_version: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Room of one account."""

    max_bytes: int = 200 * MIB
    max_uploads: int = 200
