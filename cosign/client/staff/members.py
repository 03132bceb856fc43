"""What security officers do: staff accounts and roles."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cosign.api.v1 import staff_login_pb2
from cosign.api.v1 import staff_pb2 as pb
from cosign.client.staff.channel import StaffChannel

_SERVICE: Final = "StaffService"


class Members:
    """Staff accounts."""

    def __init__(self, channel: StaffChannel) -> None:
        self._channel = channel

    def all(self) -> Iterator[pb.Staff]:
        """Members, newest first."""
        token = ""
        while True:
            page: pb.ListStaffResponse = self._call("ListStaff", pb.ListStaffRequest(page_token=token))
            yield from page.staff
            token = page.next_page_token
            if not token:
                return

    def get(self, staff_id: str) -> pb.Staff:
        """One member."""
        answer: pb.GetStaffResponse = self._call("GetStaff", pb.GetStaffRequest(staff_id=staff_id))
        return answer.staff

    def logins(self, staff_id: str) -> Iterator[staff_login_pb2.StaffLoginEntry]:
        """Logins of a member, newest first."""
        token = ""
        while True:
            request = pb.ListStaffLoginsRequest(staff_id=staff_id, page_token=token)
            page: pb.ListStaffLoginsResponse = self._call("ListStaffLogins", request)
            yield from page.logins
            token = page.next_page_token
            if not token:
                return

    def invite(
        self, login_name: str, name: str, roles: Sequence[str], reason: str, *, brands: Sequence[str] = ()
    ) -> pb.InviteStaffResponse:
        """Invites somebody; the answer holds the invitation, which is told once. No brands: all."""
        request = pb.InviteStaffRequest(login_name=login_name, name=name, roles=roles, reason=reason, brands=brands)
        answer: pb.InviteStaffResponse = self._call("InviteStaff", request)
        return answer

    def change_roles(self, staff_id: str, roles: Sequence[str], reason: str) -> pb.ChangeStaffRolesResponse:
        """Replaces roles, or proposes it."""
        request = pb.ChangeStaffRolesRequest(request_id=_new(), staff_id=staff_id, roles=roles, reason=reason)
        answer: pb.ChangeStaffRolesResponse = self._call("ChangeStaffRoles", request)
        return answer

    def change_brands(self, staff_id: str, brands: Sequence[str], reason: str) -> pb.ChangeStaffBrandsResponse:
        """Replaces brands, or proposes it; none: all."""
        request = pb.ChangeStaffBrandsRequest(request_id=_new(), staff_id=staff_id, brands=brands, reason=reason)
        answer: pb.ChangeStaffBrandsResponse = self._call("ChangeStaffBrands", request)
        return answer

    def disable(self, staff_id: str) -> pb.Staff:
        """Ends an account."""
        answer: pb.DisableStaffResponse = self._call(
            "DisableStaff", pb.DisableStaffRequest(request_id=_new(), staff_id=staff_id)
        )
        return answer.staff

    def unlock(self, staff_id: str) -> pb.Staff:
        """Ends a lock."""
        answer: pb.UnlockStaffResponse = self._call(
            "UnlockStaff", pb.UnlockStaffRequest(request_id=_new(), staff_id=staff_id)
        )
        return answer.staff

    def reset(self, staff_id: str, reason: str) -> pb.ResetStaffResponse:
        """Invites a member again; the answer holds the invitation, which is told once."""
        answer: pb.ResetStaffResponse = self._call("ResetStaff", pb.ResetStaffRequest(staff_id=staff_id, reason=reason))
        return answer

    def bind_certificate(self, staff_id: str, sha256: bytes) -> pb.Staff:
        """Names the client certificate a member must show; empty: none."""
        request = pb.BindStaffCertificateRequest(request_id=_new(), staff_id=staff_id, certificate_sha256=sha256)
        answer: pb.BindStaffCertificateResponse = self._call("BindStaffCertificate", request)
        return answer.staff

    def end_sessions(self, staff_id: str) -> int:
        """Ends all sessions of a member; returns how many."""
        answer: pb.EndStaffSessionsResponse = self._call(
            "EndStaffSessions", pb.EndStaffSessionsRequest(request_id=_new(), staff_id=staff_id)
        )
        return answer.ended

    def demand_password(self, staff_id: str) -> pb.Staff:
        """Makes a member change his password."""
        answer: pb.DemandStaffPasswordResponse = self._call(
            "DemandStaffPassword", pb.DemandStaffPasswordRequest(request_id=_new(), staff_id=staff_id)
        )
        return answer.staff

    def _call(self, method: str, request: Any) -> Any:
        return self._channel.call(_SERVICE, method, request)


def _new() -> str:
    return str(uuid.uuid4())
