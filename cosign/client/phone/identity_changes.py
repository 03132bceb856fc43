"""Manual review of identity, changes of a verified person, and the same person on a new phone.

changes = phone.identity_changes
papers = {"portrait": phone.identity.upload(photo), "document_front": phone.identity.upload(front)}
submission = changes.submit_manual(papers, name=..., document_number=..., document_expiry="2031-01-01")
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cosign.api.v1 import identity_change_pb2, identity_pb2, manual_identity_pb2, upload_pb2
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.identity import AttemptView, attempt_view
from cosign.client.phone.login import Login
from cosign.client.uploads import Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """What was handed in for review."""

    attempt: AttemptView
    document_type: str
    phone_number_masked: str
    files: Mapping[str, str]
    """Uploads by what they show."""
    submitted_at: dt.datetime
    due_at: dt.datetime
    """When the decision is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualView:
    """What the brand needs for a review, and the last submission."""

    required_files: tuple[str, ...]
    offered: bool
    hours: int
    submission: SubmissionView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesView:
    """What a verified user may do now."""

    change: bool
    renew: bool
    expired: bool
    document_expiry: str
    """`YYYY-MM-DD`, or empty."""
    reverify: bool
    """This phone must be checked before it may hold keys."""
    key_holder: str
    """`dev_` and a ULID, or empty."""


class IdentityChanges:
    """Calls with the session of the phone. Each raises LoggedOut, Rejected, Unreachable."""

    def __init__(self, login: Login, connection: AccountConnection, uploads: Uploads) -> None:
        self._login = login
        self._connection = connection
        self._uploads = uploads

    def upload_video(self, video: bytes) -> str:
        """Uploads a video of the person with the document; returns its `upl_` id."""
        return self._uploads.send(video, upload_pb2.UPLOAD_PURPOSE_VIDEO).upload_id

    def manual(self) -> ManualView:
        """What a review needs, and what was handed in last, masked."""
        found = self._call("ManualIdentityService", "GetManual", manual_identity_pb2.GetManualRequest())
        return ManualView(
            required_files=tuple(found.required_files),
            offered=found.offered,
            hours=found.hours,
            submission=_submission(found.submission) if found.HasField("submission") else None,
        )

    def submit_manual(
        self, files: Mapping[str, str], *, accepted: Sequence[str] = (), request_id: str = "", **fields: Any
    ) -> SubmissionView:
        """Hands papers in; `fields` are those of SubmitManualRequest, for example `name`.

        After a lost answer, the same `request_id` gives the same submission.

        Raises:
            InputRefused: A field does not exist.
        """
        papers = [manual_identity_pb2.ManualFile(file=file, upload_id=upload_id) for file, upload_id in files.items()]
        try:
            request = manual_identity_pb2.SubmitManualRequest(
                request_id=request_id or str(uuid.uuid4()), files=papers, accepted_document_ids=accepted, **fields
            )
        except (ValueError, TypeError):
            raise InputRefused("no such field of a submission") from None
        return _submission(self._call("ManualIdentityService", "SubmitManual", request).submission)

    def changes(self) -> ChangesView:
        """What may be changed now."""
        found = self._call("IdentityChangeService", "GetChanges", identity_change_pb2.GetChangesRequest())
        return ChangesView(
            change=found.change,
            renew=found.renew,
            expired=found.expired,
            document_expiry=found.document_expiry,
            reverify=found.reverify,
            key_holder=found.key_holder_device_id,
        )

    def change(self, method: str, *, accepted: Sequence[str] = (), request_id: str = "", **fields: str) -> AttemptView:
        """Begins the check of new data; `fields` as in `IdentityClient.start`. Raises InputRefused."""
        try:
            wish = identity_pb2.StartVerificationRequest(method=method, accepted_document_ids=accepted, **fields)
        except (ValueError, TypeError):
            raise InputRefused("no such field of a verification") from None
        request = identity_change_pb2.ChangeIdentityRequest(
            request_id=request_id or str(uuid.uuid4()), verification=wish
        )
        answer = self._call("IdentityChangeService", "ChangeIdentity", request)
        return attempt_view(answer.attempt, answer.session)

    def reverify(
        self, method: str, *, return_url: str = "", accepted: Sequence[str] = (), request_id: str = ""
    ) -> AttemptView:
        """Begins the check of the verified person on this phone."""
        request = identity_change_pb2.ReverifyRequest(
            request_id=request_id or str(uuid.uuid4()),
            method=method,
            return_url=return_url,
            accepted_document_ids=accepted,
        )
        answer = self._call("IdentityChangeService", "Reverify", request)
        return attempt_view(answer.attempt, answer.session)

    def _call(self, service: str, method: str, request: Any) -> Any:
        return self._connection.call(service, method, request, self._login.bearer())


def _submission(found: manual_identity_pb2.ManualSubmission) -> SubmissionView:
    return SubmissionView(
        attempt=attempt_view(found.attempt, {}),
        document_type=found.document_type,
        phone_number_masked=found.phone_number_masked,
        files={one.file: one.upload_id for one in found.files},
        submitted_at=found.submitted_at.ToDatetime(tzinfo=dt.UTC),
        due_at=found.due_at.ToDatetime(tzinfo=dt.UTC),
    )
