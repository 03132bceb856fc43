"""Registration, login and the session of an account: what a phone does before and around its calls.

    code, ticket       a proved number
    register, login_…  open a session: the refresh token is durable before the call returns
    bearer             a bearer token, refreshed when it is about to end

The refresh token stands in `device.json`. Without the device key, which is sealed, it opens nothing: whoever shows it
ends the session.
"""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cosign.api.v1 import code_pb2, login_pb2, session_pb2
from cosign.client.phone.account_channel import PACKAGE, AccountConnection
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import InputRefused, LoggedOut, Rejected, SecondStepNeeded
from cosign.client.phone.state import PhoneLogin
from cosign.clock import from_ms, to_ms
from protocol.transcript import h

_SPARE_MS: Final = 30_000
_OVER: Final = frozenset({"TOKEN_EXPIRED", "SESSION_REPLACED", "DEVICE_PROOF_INVALID", "DEVICE_UNBOUND"})
"""Reasons after which only a new login helps."""
PURPOSES: Final = {
    "register": code_pb2.CODE_PURPOSE_REGISTER,
    "login": code_pb2.CODE_PURPOSE_LOGIN,
    "reset-password": code_pb2.CODE_PURPOSE_RESET_PASSWORD,
    "change-number": code_pb2.CODE_PURPOSE_CHANGE_NUMBER,
    "bind": code_pb2.CODE_PURPOSE_BIND,
    "identity": code_pb2.CODE_PURPOSE_IDENTITY,
    "step-up": code_pb2.CODE_PURPOSE_STEP_UP,
    "appeal": code_pb2.CODE_PURPOSE_APPEAL,
}
"""What a phone asks codes for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the phone tells about itself at a login."""

    label: str
    platform: str = "android"
    os_version: str = ""
    app_version: str = ""
    push_token: str = ""


class Login:
    """Opens, renews and ends the session of one phone."""

    def __init__(self, engine: Engine, connection: AccountConnection) -> None:
        self._engine = engine
        self._connection = connection
        self._token = ""
        self._ends_ms = 0

    # --- numbers ---

    def captcha(self, brand: str) -> tuple[str, bytes]:
        """Id and PNG of a captcha."""
        answer = self._connection.call("CodeService", "GetCaptcha", code_pb2.GetCaptchaRequest(brand=brand))
        return answer.captcha_id, answer.image

    def send_code(
        self, *, brand: str, phone_number: str, purpose: str, captcha_id: str = "", captcha_answer: str = ""
    ) -> None:
        """Asks for an SMS code; `purpose` is a word of PURPOSES. Raises InputRefused, Rejected, Unreachable."""
        request = code_pb2.SendCodeRequest(
            brand=brand,
            phone_number=phone_number,
            purpose=_purpose(purpose),
            captcha_id=captcha_id,
            captcha_answer=captcha_answer,
        )
        self._connection.call("CodeService", "SendCode", request)

    def verify_code(self, *, brand: str, phone_number: str, purpose: str, code: str) -> str:
        """Trades a code for a ticket."""
        request = code_pb2.VerifyCodeRequest(
            brand=brand, phone_number=phone_number, purpose=_purpose(purpose), code=code
        )
        return str(self._connection.call("CodeService", "VerifyCode", request).ticket)

    # --- sessions ---

    def register(
        self, *, ticket: str, password: str, about: About, accepted: Sequence[str] = (), new_account: bool = False
    ) -> PhoneLogin:
        """Makes an account; the password is repeated as its confirmation, the caller has asked twice."""
        request = login_pb2.RegisterRequest(
            ticket=ticket,
            password=password,
            confirmation=password,
            accepted=_documents(accepted),
            device=self.device("Register", about, ticket),
            new_account=new_account,
        )
        return self.opened(self._connection.call("LoginService", "Register", request).session)

    def login_sms(
        self, *, ticket: str, about: About, accepted: Sequence[str] = (), new_account: bool = False
    ) -> PhoneLogin:
        """Logs in by a proved number.

        Raises:
            SecondStepNeeded: The brand wants a password as well; `finish` takes it.
            Rejected, Unreachable, ServerNotTrusted.
        """
        request = login_pb2.LoginSmsRequest(
            ticket=ticket,
            accepted=_documents(accepted),
            device=self.device("LoginSms", about, ticket),
            new_account=new_account,
        )
        return self._first(self._connection.call("LoginService", "LoginSms", request))

    def login_password(
        self, *, brand: str, phone_number: str, password: str, about: About, accepted: Sequence[str] = ()
    ) -> PhoneLogin:
        """Logs in by number and password. Raises as `login_sms`; then the second step is a code."""
        request = login_pb2.LoginPasswordRequest(
            brand=brand,
            phone_number=phone_number,
            password=password,
            accepted=_documents(accepted),
            device=self.device("LoginPassword", about, brand, phone_number),
        )
        return self._first(self._connection.call("LoginService", "LoginPassword", request))

    def finish(
        self, waiting: SecondStepNeeded, secret: str, *, about: About, accepted: Sequence[str] = ()
    ) -> PhoneLogin:
        """Takes the second step; `secret` is the password, or the ticket of a code."""
        ticket, documents = waiting.ticket, _documents(accepted)
        if waiting.step == login_pb2.SECOND_STEP_PASSWORD:
            answer = self._connection.call(
                "LoginService",
                "EnterPassword",
                login_pb2.EnterPasswordRequest(
                    ticket=ticket,
                    password=secret,
                    accepted=documents,
                    device=self.device("EnterPassword", about, ticket),
                ),
            )
        elif waiting.step == login_pb2.SECOND_STEP_CODE:
            answer = self._connection.call(
                "LoginService",
                "EnterCode",
                login_pb2.EnterCodeRequest(
                    ticket=ticket,
                    code_ticket=secret,
                    accepted=documents,
                    device=self.device("EnterCode", about, ticket),
                ),
            )
        else:
            answer = self._connection.call(
                "LoginService",
                "ChooseFirstPassword",
                login_pb2.ChooseFirstPasswordRequest(
                    ticket=ticket,
                    password=secret,
                    confirmation=secret,
                    accepted=documents,
                    device=self.device("ChooseFirstPassword", about, ticket),
                ),
            )
        return self.opened(answer.session)

    def reset_password(self, *, ticket: str, password: str) -> None:
        """Sets a new password for a proved number; this phone must log in again too."""
        request = login_pb2.ResetPasswordRequest(ticket=ticket, new_password=password, confirmation=password)
        self._connection.call("LoginService", "ResetPassword", request)

    def bearer(self) -> str:
        """A token that still lives for half a minute.

        Raises:
            LoggedOut: There is no login, or the server has ended it.
            Rejected, Unreachable.
        """
        engine = self._engine
        login = engine.home.state.login
        if login is None:
            raise LoggedOut("log in first")
        if self._token and engine.server_time_ms() < self._ends_ms - _SPARE_MS:
            return self._token
        token = login.refresh_token
        proof = self.prove("SessionService/RefreshSession", [token.encode()])
        request = session_pb2.RefreshSessionRequest(refresh_token=token, proof=proof)
        try:
            answer = self._connection.call("SessionService", "RefreshSession", request)
        except Rejected as fault:
            if fault.server_reason in _OVER:
                self.forget()
                raise LoggedOut(fault.server_reason) from fault
            raise
        self.opened(answer.session)
        return self._token

    def logout(self) -> None:
        """Ends the session; keys and device stay. Succeeds without one, too."""
        try:
            bearer = self.bearer()
        except LoggedOut:
            return
        self._connection.call("SessionService", "Logout", session_pb2.LogoutRequest(), bearer)
        self.forget()

    def forget(self) -> None:
        """Forgets a session that has ended."""
        self._token, self._ends_ms = "", 0
        self._engine.home.state.login = None
        self._engine.home.commit()

    def _first(self, answer: login_pb2.LoginSmsResponse | login_pb2.LoginPasswordResponse) -> PhoneLogin:
        if answer.HasField("half"):
            raise SecondStepNeeded(answer.half.ticket, int(answer.half.step))
        return self.opened(answer.session)

    def opened(self, session: session_pb2.Session) -> PhoneLogin:
        """Makes the session durable before it is used."""
        state = self._engine.home.state
        state.login = PhoneLogin(session.session_id, session.account_id, session.refresh_token)
        state.device_id, state.user_id = session.device_id, session.account_id
        self._engine.home.commit()
        self._token = session.access_token
        self._ends_ms = to_ms(session.access_expires_at.ToDatetime(tzinfo=dt.UTC))
        return state.login

    def device(self, method: str, about: About, *bound: str, service: str = "LoginService") -> login_pb2.LoginDevice:
        """What a phone tells about itself at a login, with its proof over `bound`."""
        engine = self._engine
        engine.server(refetch=True)
        public_key = engine.home.device_key().public_key
        engine.home.state.display_name = about.label
        engine.home.commit()
        fields = [*(text.encode() for text in bound), public_key]
        return login_pb2.LoginDevice(
            public_key=public_key,
            label=about.label,
            platform=about.platform,
            os_version=about.os_version,
            app_version=about.app_version,
            push_token=about.push_token,
            proof=self.prove(f"{service}/{method}", fields),
        )

    def prove(self, method: str, fields: list[bytes]) -> session_pb2.KeyProof:
        """A proof of the device key for `Service/Method` over the fields that its description names."""
        engine = self._engine
        time_ms, nonce = engine.server_time_ms(), secrets.token_bytes(16)
        request_hash = h("P256", "DEV/rpc-body", fields)
        signed = [(PACKAGE + method).encode(), request_hash, nonce, time_ms.to_bytes(8, "big")]
        proof = session_pb2.KeyProof(nonce=nonce, signature=engine.home.device_key().sign("DEV/rpc", signed))
        proof.time.FromDatetime(from_ms(time_ms))
        return proof


def _purpose(word: str) -> code_pb2.CodePurpose:
    purpose = PURPOSES.get(word)
    if purpose is None:
        raise InputRefused(f"a purpose is one of {', '.join(PURPOSES)}")
    return purpose


def _documents(accepted: Sequence[str]) -> list[login_pb2.AcceptedDocument]:
    return [login_pb2.AcceptedDocument(document_id=document_id) for document_id in accepted]
