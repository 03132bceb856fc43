"""Faults of uploads, one class per reason."""

import enum

from cosign.errors import OutageFault, RequestFault, StateFault


class UploadTooLarge(RequestFault):
    """More bytes or pixels than its purpose allows."""

    reason = "UPLOAD_TOO_LARGE"


class UploadTypeRefused(RequestFault):
    """The content is not of a type its purpose allows, whatever its name says."""

    reason = "UPLOAD_TYPE_REFUSED"


class ContentCause(enum.StrEnum):
    """Why a document or video is not taken; public, in the metadata of the error."""

    MALFORMED = "malformed"
    """It does not open, or is none of the plain kind: a PDF with pages, an MP4 in one piece with pictures."""
    ENCRYPTED = "encrypted"
    ACTIVE_CONTENT = "active_content"
    """JavaScript, forms that compute, actions that start programs or send data, players."""
    EMBEDDED_FILE = "embedded_file"
    TOO_LONG = "too_long"
    """More than 500 pages, or 5 minutes."""
    TOO_COMPLEX = "too_complex"
    """More objects than can be looked at."""


class UploadContentRefused(RequestFault):
    """A PDF or MP4 that nobody should open; the metadata name the `cause`."""

    reason = "UPLOAD_CONTENT_REFUSED"

    def __init__(self, cause: ContentCause) -> None:
        """`cause` goes to the caller."""
        super().__init__(f"the content is refused: {cause.value}", metadata={"cause": cause.value})
        self.cause = cause


class UploadIncomplete(RequestFault):
    """Fewer or other bytes arrived than were announced."""

    reason = "UPLOAD_INCOMPLETE"


class UploadQuota(RequestFault):
    """The account has no room left."""

    reason = "UPLOAD_QUOTA"


class UploadStoreUnavailable(OutageFault):
    """The store of objects cannot be read or written."""

    reason = "UPLOAD_STORE_UNAVAILABLE"


class UploadDamaged(OutageFault):
    """A stored object is missing, cut off or altered. An alarm."""

    reason = "UPLOAD_DAMAGED"


class UploadInUse(StateFault):
    """A request has taken the upload up."""

    reason = "UPLOAD_IN_USE"
