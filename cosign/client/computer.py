"""A computer that logs in by showing a QR code to a phone (ComputerLoginService).

computer = Computer(channel)
shown = computer.begin("bzt", "Browser on Desk")      # show shown.qr_text and shown.number
session = computer.wait(shown)                        # until the phone has decided
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf import duration_pb2

from cosign.api.v1 import computer_login_pb2 as pb
from cosign.api.v1 import computer_login_pb2_grpc
from cosign.client.phone.sending import call

WAIT_SECONDS: Final = 20
"""Of one call; a call may wait 25."""
_OVER: Final = {
    pb.COMPUTER_LOGIN_STATE_REFUSED: "refused",
    pb.COMPUTER_LOGIN_STATE_EXPIRED: "expired",
    pb.COMPUTER_LOGIN_STATE_CONSUMED: "consumed",
}


class NotLetIn(Exception):
    """The phone refused, or it took too long; `state` is `refused`, `expired`, or `consumed` by a lost answer."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the login is {state}")
        self.state = state


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What the page shows, and the secret that it keeps."""

    login_id: str
    qr_text: str
    number: str
    secret: str


@dataclass(frozen=True, slots=True, repr=False)
class ComputerLogin:
    """A computer that was let in."""

    computer_id: str
    account_id: str
    bearer: str
    expires_at: dt.datetime


class Computer:
    """Calls of one computer over a channel that it does not close. Each raises Rejected, Unreachable."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub: Any = computer_login_pb2_grpc.ComputerLoginServiceStub(channel)  # type: ignore[no-untyped-call]

    def begin(self, brand: str, label: str) -> Shown:
        """Asks for a QR code; `label` names browser and system, 1 to 64 characters."""
        begun = self._call(self._stub.BeginComputerLogin, pb.BeginComputerLoginRequest(brand=brand, label=label))
        return Shown(begun.login_id, begun.qr_text, begun.number, begun.secret)

    def wait(self, shown: Shown, changed: Callable[[str], object] = str) -> ComputerLogin:
        """Waits until the phone has decided; `changed` hears of every state, for example `scanned`.

        Raises:
            NotLetIn, Rejected, Unreachable.
        """
        state = pb.COMPUTER_LOGIN_STATE_WAITING
        while True:
            began = time.monotonic()
            answer = self._watch(shown, state)
            if answer.HasField("session"):
                session = answer.session
                ends = session.expires_at.ToDatetime(tzinfo=dt.UTC)
                return ComputerLogin(session.computer_id, session.account_id, session.access_token, ends)
            if answer.state in _OVER:
                raise NotLetIn(_OVER[answer.state])
            if answer.state != state:
                state = answer.state
                changed(pb.ComputerLoginState.Name(state).removeprefix("COMPUTER_LOGIN_STATE_").lower())
            elif time.monotonic() - began < 1.0:  # the server lets nobody wait now
                time.sleep(1.0)

    def who(self, bearer: str) -> pb.GetComputerSessionResponse:
        """Whose session it is."""
        found: pb.GetComputerSessionResponse = self._call(
            self._stub.GetComputerSession, pb.GetComputerSessionRequest(), bearer
        )
        return found

    def logout(self, bearer: str) -> None:
        """Ends the session."""
        self._call(self._stub.LogoutComputer, pb.LogoutComputerRequest(), bearer)

    def _watch(self, shown: Shown, state: "pb.ComputerLoginState") -> Any:
        request = pb.WatchComputerLoginRequest(
            login_id=shown.login_id,
            secret=shown.secret,
            state=state,
            wait=duration_pb2.Duration(seconds=WAIT_SECONDS),
        )
        return self._call(self._stub.WatchComputerLogin, request)

    @staticmethod
    def _call(rpc: Any, request: object, bearer: str = "") -> Any:
        metadata = (("authorization", f"Bearer {bearer}"),) if bearer else ()
        return call(rpc, request, metadata)
