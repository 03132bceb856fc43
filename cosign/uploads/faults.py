"""Faults of uploads, one class per reason."""

from cosign.errors import OutageFault, RequestFault, StateFault


class UploadTooLarge(RequestFault):
    """More bytes or pixels than its purpose allows."""

    reason = "UPLOAD_TOO_LARGE"


class UploadTypeRefused(RequestFault):
    """The content is not of a type its purpose allows, whatever its name says."""

    reason = "UPLOAD_TYPE_REFUSED"


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
