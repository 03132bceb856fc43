"""What support does: look up, unmask, unlock, send messages again, propose to freeze."""

import uuid
from collections.abc import Iterator
from typing import Any, Final

from cosign.api.v1 import lookup_pb2 as pb
from cosign.client.phone.errors import InputRefused
from cosign.client.staff.channel import StaffChannel

_SERVICE: Final = "LookupService"
FIELDS: Final = {"phone_number": pb.UNMASKED_FIELD_PHONE_NUMBER, "name": pb.UNMASKED_FIELD_NAME}
PURPOSES: Final = {
    "support": pb.UNMASK_PURPOSE_SUPPORT,
    "identity_review": pb.UNMASK_PURPOSE_IDENTITY_REVIEW,
    "appeal_review": pb.UNMASK_PURPOSE_APPEAL_REVIEW,
    "legal": pb.UNMASK_PURPOSE_LEGAL,
}


class Lookup:
    """Accounts, masked."""

    def __init__(self, channel: StaffChannel) -> None:
        self._channel = channel

    def find(self, brand: str, *, phone_number: str = "", document_number: str = "") -> list[pb.SupportAccount]:
        """Accounts of an exact number."""
        request = pb.FindAccountsRequest(brand=brand)
        if phone_number:
            request.phone_number = phone_number
        elif document_number:
            request.document_number = document_number
        return list(self._call("FindAccounts", request).accounts)

    def account(self, account_id: str) -> pb.SupportAccount:
        """One account."""
        answer: pb.GetSupportAccountResponse = self._call(
            "GetSupportAccount", pb.GetSupportAccountRequest(account_id=account_id)
        )
        return answer.account

    def devices(self, account_id: str) -> Iterator[pb.SupportDevice]:
        """Devices, newest first."""
        token = ""
        while True:
            request = pb.ListSupportDevicesRequest(account_id=account_id, page_token=token)
            page: pb.ListSupportDevicesResponse = self._call("ListSupportDevices", request)
            yield from page.devices
            token = page.next_page_token
            if not token:
                return

    def logins(self, account_id: str) -> Iterator[pb.SupportLogin]:
        """Logins, newest first."""
        token = ""
        while True:
            request = pb.ListSupportLoginsRequest(account_id=account_id, page_token=token)
            page: pb.ListSupportLoginsResponse = self._call("ListSupportLogins", request)
            yield from page.logins
            token = page.next_page_token
            if not token:
                return

    def operations(self, account_id: str) -> Iterator[pb.SupportOperation]:
        """What the user did, newest first."""
        token = ""
        while True:
            request = pb.ListSupportOperationsRequest(account_id=account_id, page_token=token)
            page: pb.ListSupportOperationsResponse = self._call("ListSupportOperations", request)
            yield from page.operations
            token = page.next_page_token
            if not token:
                return

    def unmask(self, account_id: str, field: str, *, purpose: str, reason: str) -> str:
        """One datum in clear text; `field` and `purpose` are words of FIELDS and PURPOSES."""
        if field not in FIELDS or purpose not in PURPOSES:
            raise InputRefused(f"field is one of {', '.join(FIELDS)}, purpose one of {', '.join(PURPOSES)}")
        request = pb.UnmaskFieldRequest(
            account_id=account_id, field=FIELDS[field], purpose=PURPOSES[purpose], reason=reason
        )
        answer: pb.UnmaskFieldResponse = self._call("UnmaskField", request)
        return answer.text

    def unmaskings(self, account_id: str = "") -> Iterator[pb.Unmasking]:
        """Who saw what in clear text, newest first."""
        token = ""
        while True:
            request = pb.ListUnmaskingsRequest(account_id=account_id, page_token=token)
            page: pb.ListUnmaskingsResponse = self._call("ListUnmaskings", request)
            yield from page.unmaskings
            token = page.next_page_token
            if not token:
                return

    def unlock(self, account_id: str) -> None:
        """Ends a lock after failed logins."""
        self._call("UnlockAccount", pb.UnlockAccountRequest(request_id=str(uuid.uuid4()), account_id=account_id))

    def messages(self, account_id: str) -> Iterator[pb.SupportMessage]:
        """Messages, newest first, without their texts."""
        token = ""
        while True:
            request = pb.ListSupportMessagesRequest(account_id=account_id, page_token=token)
            page: pb.ListSupportMessagesResponse = self._call("ListSupportMessages", request)
            yield from page.messages
            token = page.next_page_token
            if not token:
                return

    def resend(self, account_id: str, message_id: str) -> list[str]:
        """Sends a message again; returns the channels that are tried first."""
        request = pb.ResendMessageRequest(request_id=str(uuid.uuid4()), account_id=account_id, message_id=message_id)
        answer: pb.ResendMessageResponse = self._call("ResendMessage", request)
        return list(answer.channels)

    def propose_freeze(self, subject_id: str, *, release: bool, reason: str) -> str:
        """Proposes to freeze or release an account or device; returns the id of the proposal."""
        request = pb.ProposeFreezeRequest(
            request_id=str(uuid.uuid4()), subject_id=subject_id, release=release, reason=reason
        )
        answer: pb.ProposeFreezeResponse = self._call("ProposeFreeze", request)
        return answer.proposal_id

    def _call(self, method: str, request: Any) -> Any:
        return self._channel.call(_SERVICE, method, request)
