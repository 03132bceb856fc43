"""ManualIdentityService: papers for reviewers."""

from typing import Final

from sqlalchemy import Connection

from cosign import ids, validation
from cosign.accounts.model import normal_number
from cosign.api.v1 import manual_identity_pb2 as pb
from cosign.api.v1 import manual_identity_pb2_grpc as rpc
from cosign.brands import ManualFile
from cosign.call_context import CallContext
from cosign.errors import FieldInvalid
from cosign.identity.change_model import ManualView
from cosign.identity.model import PersonData
from cosign.identity.servicer.identity import IdentityCalls, accepted_of, email_of
from cosign.identity.servicer.messages import date_of, decode_type, encode_attempt, short
from cosign.identity.usecases.manual import Papers, manual_offered, newest_manual, submit_manual
from cosign.identity.usecases.status import ShownAttempt
from cosign.timestamps import timestamp

_MAX_FILES: Final = len(ManualFile)


class ManualIdentityServicer(rpc.ManualIdentityServiceServicer):
    """Manual review for the calling account."""

    def __init__(self, calls: IdentityCalls) -> None:
        self._calls = calls

    async def SubmitManual(self, request: pb.SubmitManualRequest, context: CallContext) -> pb.SubmitManualResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        principal = await calls.principal(context)
        papers = _papers(request)

        def effect(connection: Connection) -> pb.SubmitManualResponse:
            view = submit_manual(calls.unit(connection), principal=principal, papers=papers, clock=calls.clock)
            return pb.SubmitManualResponse(submission=_encode(view))

        return await calls.once.run(request, pb.SubmitManualResponse, scope=principal.account_id, effect=effect)

    async def GetManual(self, request: pb.GetManualRequest, context: CallContext) -> pb.GetManualResponse:
        """See the proto."""
        calls = self._calls
        principal = await calls.principal(context)
        policy = calls.brands.policy(principal.brand).identity
        view, offered = await calls.read(
            lambda unit: (
                newest_manual(unit, account_id=principal.account_id),
                manual_offered(unit, principal=principal, clock=calls.clock),
            )
        )
        return pb.GetManualResponse(
            required_files=[file.value for file in policy.manual_files],
            offered=offered,
            hours=policy.manual_hours,
            submission=None if view is None else _encode(view),
        )


def _papers(request: pb.SubmitManualRequest) -> Papers:
    """Decodes what was handed in. Raises FieldInvalid."""
    if len(request.files) > _MAX_FILES:
        raise FieldInvalid("files", f"must be at most {_MAX_FILES}")
    files: dict[ManualFile, str] = {}
    for one in request.files:
        try:
            file = ManualFile(one.file)
        except ValueError:
            raise FieldInvalid("files", f"must be of {', '.join(ManualFile)}") from None
        if file in files:
            raise FieldInvalid("files", f"hold {file.value} twice")
        files[file] = validation.identifier("files", one.upload_id, ids.UPLOAD)
    return Papers(
        person=PersonData(
            name=short("name", request.name),
            document_type=decode_type("document_type", request.document_type),
            document_number=short("document_number", request.document_number, 32),
            document_country=short("document_country", request.document_country, 3),
            document_expiry=date_of("document_expiry", request.document_expiry),
            long_term=request.long_term,
            phone_number=normal_number("phone_number", request.phone_number) if request.phone_number else "",
            email=email_of(request.email),
        ),
        files=files,
        ticket=short("ticket", request.ticket),
        accepted=accepted_of(request.accepted_document_ids),
    )


def _encode(view: ManualView) -> pb.ManualSubmission:
    return pb.ManualSubmission(
        attempt=encode_attempt(ShownAttempt(attempt=view.attempt, masked=view.shown, note=view.note)),
        document_type=view.document_type.value,
        phone_number_masked=view.shown.phone_number,
        files=[pb.ManualFile(file=file.value, upload_id=upload_id) for file, upload_id in view.papers.files.items()],
        submitted_at=timestamp(view.papers.submitted_at),
        due_at=timestamp(view.papers.due_at),
    )
