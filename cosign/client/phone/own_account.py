"""The account of a phone that is logged in: password, profile, phones, logins, identities, number, end."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cosign.api.v1 import account_device_pb2, account_pb2, number_change_pb2
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.login import Login

ALL = 200
"""More phones or logins than one call shows."""


@dataclass(frozen=True, slots=True)
class NumberChangeView:
    """A change of a lost number."""

    change_id: str
    state: str
    """`in_review`, `waiting`, `done`, `cancelled`, `refused` or `failed`."""
    due_at: dt.datetime | None
    """When it is carried out; None unless waiting."""


class OwnAccount:
    """Calls with the session of the phone. Each raises LoggedOut, Rejected, Unreachable."""

    def __init__(self, login: Login, connection: AccountConnection) -> None:
        self._login = login
        self._connection = connection

    def set_password(self, password: str) -> None:
        """Sets the first password."""
        self._account("SetPassword", account_pb2.SetPasswordRequest(password=password, confirmation=password))

    def change_password(self, old: str, new: str) -> None:
        """Replaces the password; all other sessions end."""
        request = account_pb2.ChangePasswordRequest(old_password=old, new_password=new, confirmation=new)
        self._account("ChangePassword", request)

    def profile(self) -> account_pb2.Profile:
        """The profile, masked."""
        profile: account_pb2.Profile = self._account("GetProfile", account_pb2.GetProfileRequest()).profile
        return profile

    def update_profile(self, *, name: str | None = None, avatar_upload_id: str | None = None) -> account_pb2.Profile:
        """Changes what is not None."""
        request = account_pb2.UpdateProfileRequest(
            request_id=str(uuid.uuid4()), name=name, avatar_upload_id=avatar_upload_id
        )
        profile: account_pb2.Profile = self._account("UpdateProfile", request).profile
        return profile

    def change_phone_number(self, *, old_ticket: str, new_ticket: str) -> None:
        """Replaces the login number; this phone must log in again too."""
        request = account_pb2.ChangePhoneNumberRequest(
            request_id=str(uuid.uuid4()), old_ticket=old_ticket, new_ticket=new_ticket
        )
        self._account("ChangePhoneNumber", request)
        self._login.forget()

    def identities(self) -> Sequence[account_pb2.Identity]:
        """Whom the user may act as."""
        found: Sequence[account_pb2.Identity] = self._account(
            "ListIdentities", account_pb2.ListIdentitiesRequest()
        ).identities
        return found

    def switch_identity(self, identity_id: str) -> account_pb2.Identity:
        """Acts as another identity."""
        request = account_pb2.SwitchIdentityRequest(identity_id=identity_id)
        identity: account_pb2.Identity = self._account("SwitchIdentity", request).identity
        return identity

    def revoke_sessions(self) -> int:
        """Ends all other sessions; returns how many."""
        return int(self._account("RevokeSessions", account_pb2.RevokeSessionsRequest()).ended)

    def cancellation_blockers(self) -> Sequence[str]:
        """What stands in the way of a cancellation."""
        request = account_pb2.CheckCancellationRequest()
        return [str(one) for one in self._account("CheckCancellation", request).blockers]

    def cancel(self, *, ticket: str, reason: str = "", accepted: Sequence[str] = ()) -> dt.datetime | None:
        """Ends the account, after which the keys of this phone can never be used again.

        Returns:
            Until when a login takes it back; None when it has ended.
        """
        request = account_pb2.CancelAccountRequest(ticket=ticket, reason=reason, accepted_document_ids=accepted)
        answer = self._account("CancelAccount", request)
        self._login.forget()
        return answer.cancel_at.ToDatetime(tzinfo=dt.UTC) if answer.HasField("cancel_at") else None

    def request_number_change(self, *, new_ticket: str, identity_attempt_id: str = "") -> NumberChangeView:
        """Asks for another login number without the old one; without a check of the person reviewers decide."""
        request = number_change_pb2.RequestNumberChangeRequest(
            request_id=str(uuid.uuid4()), new_ticket=new_ticket, identity_attempt_id=identity_attempt_id
        )
        return self._number_change("RequestNumberChange", request)

    def number_change(self) -> NumberChangeView:
        """The newest change."""
        return self._number_change("GetNumberChange", number_change_pb2.GetNumberChangeRequest())

    def cancel_number_change(self, change_id: str) -> NumberChangeView:
        """Stops a change."""
        request = number_change_pb2.CancelNumberChangeRequest(change_id=change_id)
        return self._number_change("CancelNumberChange", request)

    def phones(self) -> Sequence[account_device_pb2.AccountDevice]:
        """The phones of the account, newest first."""
        request = account_device_pb2.ListAccountDevicesRequest(page_size=ALL)
        found: Sequence[account_device_pb2.AccountDevice] = self._device("ListAccountDevices", request).devices
        return found

    def logins(self) -> Sequence[account_device_pb2.Login]:
        """The newest logins."""
        request = account_device_pb2.ListLoginsRequest(page_size=ALL)
        found: Sequence[account_device_pb2.Login] = self._device("ListLogins", request).logins
        return found

    def unbind(self, device_id: str, *, ticket: str) -> int:
        """Unbinds a phone; returns how many are left. Unbinding this one ends its session."""
        request = account_device_pb2.UnbindAccountDeviceRequest(
            request_id=str(uuid.uuid4()), device_id=device_id, ticket=ticket
        )
        return int(self._device("UnbindAccountDevice", request).left)

    def block(self, device_id: str) -> None:
        """Lets a lost phone rest."""
        self._device("BlockDevice", account_device_pb2.BlockDeviceRequest(device_id=device_id))

    def release(self, device_id: str, *, ticket: str) -> None:
        """Ends `block`."""
        self._device("ReleaseDevice", account_device_pb2.ReleaseDeviceRequest(device_id=device_id, ticket=ticket))

    def _number_change(self, method: str, request: Any) -> NumberChangeView:
        answer = self._connection.call("NumberChangeService", method, request, self._login.bearer())
        change = answer.change
        state = number_change_pb2.NumberChangeState.Name(change.state).removeprefix("NUMBER_CHANGE_STATE_").lower()
        due_at = change.due_at.ToDatetime(tzinfo=dt.UTC) if change.HasField("due_at") else None
        return NumberChangeView(change.change_id, state, due_at)

    def _account(self, method: str, request: Any) -> Any:
        return self._connection.call("AccountService", method, request, self._login.bearer())

    def _device(self, method: str, request: Any) -> Any:
        return self._connection.call("AccountDeviceService", method, request, self._login.bearer())
