"""A member of staff: enrolment, session, own account. The session lives in a private folder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import grpc

from cosign.api.v1 import staff_login_pb2 as pb
from cosign.client.phone.channel import open_channel, read_ca
from cosign.client.phone.errors import HomeBroken, InputRefused
from cosign.client.staff.channel import StaffChannel
from cosign.client.staff.contents import Contents
from cosign.client.staff.lookup import Lookup
from cosign.client.staff.members import Members
from cosign.client.staff.proposals import Proposals
from cosign.client.staff.reviews import Reviews

FILE: Final = "staff.json"
_SERVICE: Final = "StaffLoginService"


@dataclass(slots=True)
class _Record:
    """What the folder keeps."""

    server: str = ""
    ca: str = ""
    certificate: str = ""
    private_key: str = ""
    bearer: str = ""


class StaffClient:
    """One member at one server."""

    def __init__(self, channel: StaffChannel, home: Path, record: _Record) -> None:
        self.channel = channel
        self._home = home
        self._record = record
        self.lookup = Lookup(channel)
        self.contents = Contents(channel)
        self.members = Members(channel)
        self.proposals = Proposals(channel)
        self.reviews = Reviews(channel)

    @classmethod
    @contextmanager
    def open(
        cls,
        home: Path,
        server: str | None = None,
        ca: Path | None = None,
        *,
        certificate: Path | None = None,
        private_key: Path | None = None,
        language: str = "",
    ) -> "Iterator[StaffClient]":
        """Opens the folder of a member and a channel to the server.

        Args:
            home: Folder, made with mode 0700 when it is not there. Keeps address, trust and session.
            server: `host:port` of the staff listener; None: as the last time.
            ca: PEM certificates to trust instead of the system's; None: as the last time.
            certificate: PEM client certificate, if the listener wants one; None: as the last time.
            private_key: PEM key of it.
            language: `en` or `zh`, for texts of the server.

        Raises:
            HomeBroken: The folder cannot be used.
            InputRefused: No server is known, or a plain address away from loopback.
        """
        record = _read(home)
        for name, given in (("server", server), ("ca", ca), ("certificate", certificate), ("private_key", private_key)):
            if given is not None:
                setattr(record, name, str(given if name == "server" else Path(str(given)).absolute()))
        if not record.server:
            raise InputRefused("the address of the staff listener is needed")
        channel = StaffChannel(_channel(record), bearer=record.bearer, language=language)
        try:
            yield cls(channel, home, record)
        finally:
            channel.close()

    def begin_enrolment(self, login_name: str, invitation: str) -> pb.BeginStaffEnrolmentResponse:
        """A secret for the authenticator."""
        request = pb.BeginStaffEnrolmentRequest(login_name=login_name, invitation=invitation)
        answer: pb.BeginStaffEnrolmentResponse = self._call("BeginStaffEnrolment", request)
        return answer

    def finish_enrolment(self, login_name: str, invitation: str, password: str, code: str) -> list[str]:
        """Makes the account active; returns the recovery codes."""
        request = pb.FinishStaffEnrolmentRequest(
            login_name=login_name, invitation=invitation, password=password, code=code
        )
        answer: pb.FinishStaffEnrolmentResponse = self._call("FinishStaffEnrolment", request)
        self._keep("")
        return list(answer.recovery_codes)

    def log_in(self, login_name: str, password: str, code: str) -> pb.OwnStaff:
        """Opens a session and keeps it in the folder."""
        request = pb.OpenStaffSessionRequest(login_name=login_name, password=password, code=code)
        answer: pb.OpenStaffSessionResponse = self._call("OpenStaffSession", request)
        self._keep(answer.access_token)
        return answer.staff

    def log_out(self) -> None:
        """Ends the session."""
        self._call("CloseStaffSession", pb.CloseStaffSessionRequest())
        self._keep("")

    def who_am_i(self) -> pb.OwnStaff:
        """Who is logged in."""
        answer: pb.GetOwnStaffResponse = self._call("GetOwnStaff", pb.GetOwnStaffRequest())
        return answer.staff

    def change_password(self, old_password: str, new_password: str) -> None:
        """Changes the own password; other sessions end."""
        request = pb.ChangeOwnStaffPasswordRequest(old_password=old_password, new_password=new_password)
        self._call("ChangeOwnStaffPassword", request)

    def renew_recovery_codes(self) -> list[str]:
        """Replaces the recovery codes."""
        answer: pb.RenewRecoveryCodesResponse = self._call("RenewRecoveryCodes", pb.RenewRecoveryCodesRequest())
        return list(answer.recovery_codes)

    def logins(self) -> Iterator[pb.StaffLoginEntry]:
        """The own logins, newest first."""
        token = ""
        while True:
            request = pb.ListOwnStaffLoginsRequest(page_token=token)
            page: pb.ListOwnStaffLoginsResponse = self._call("ListOwnStaffLogins", request)
            yield from page.logins
            token = page.next_page_token
            if not token:
                return

    def _call(self, method: str, request: Any) -> Any:
        return self.channel.call(_SERVICE, method, request)

    def _keep(self, bearer: str) -> None:
        self.channel.bearer = self._record.bearer = bearer
        _write(self._home, self._record)


def _channel(record: _Record) -> grpc.Channel:
    ca = read_ca(Path(record.ca)) if record.ca else None
    if not record.certificate:
        return open_channel(record.server, ca)
    shown = grpc.ssl_channel_credentials(ca, read_ca(Path(record.private_key)), read_ca(Path(record.certificate)))
    return grpc.secure_channel(record.server, shown)


def _read(home: Path) -> _Record:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = home / FILE
        return _Record(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else _Record()
    except (OSError, ValueError, TypeError) as error:
        raise HomeBroken(f"{home}: {type(error).__name__}") from None


def _write(home: Path, record: _Record) -> None:
    temporary = home / f".{FILE}.part"
    try:
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(record), file)
        temporary.replace(home / FILE)
    except OSError as error:
        raise HomeBroken(f"{home}: {error.strerror}") from None
