"""What a phone does for the account it is logged in to, beside its keys: the base of `Phone`."""

import contextlib
from collections.abc import Iterator, Sequence

import grpc

from cosign.client.phone import account, certificate_login, heartbeat
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.brand import BrandClient
from cosign.client.phone.computers import Computers
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.identity import IdentityClient
from cosign.client.phone.identity_changes import IdentityChanges
from cosign.client.phone.identity_links import IdentityLinks
from cosign.client.phone.inbox import Inbox
from cosign.client.phone.linked import LinkedLogin
from cosign.client.phone.login import About, Login
from cosign.client.phone.own_account import OwnAccount
from cosign.client.phone.shares import Secret
from cosign.client.phone.state import PhoneLogin
from cosign.client.uploads import Uploads


class AccountSide:
    """Logins, and one object for each group of services."""

    def __init__(self, engine: Engine, accounts: AccountConnection | None, channel: grpc.Channel | None) -> None:
        """Without `accounts` the phone can only be enrolled by a code; `channel` serves brands and uploads."""
        self._engine = engine
        self._accounts = accounts
        self._channel = channel
        self._login = None if accounts is None else Login(engine, accounts)
        self._own = None if accounts is None or self._login is None else OwnAccount(self._login, accounts)
        self._session = account.Session(engine, None if self._login is None else self._login.bearer)

    @property
    def login(self) -> Login:
        """Registration, login and session of an account (登录). Raises InputRefused without a way to the services."""
        if self._login is None:
            raise InputRefused("this phone has no connection to accounts")
        return self._login

    def login_certificate(
        self, *, brand: str, document_number: str, key_id: str, pin: Secret, about: About, accepted: Sequence[str] = ()
    ) -> PhoneLogin:
        """Logs in by document number and PIN; see `certificate_login.login_certificate`."""
        with self._turn():
            return certificate_login.login_certificate(
                self._engine,
                self._connected,
                self.login,
                brand=brand,
                document_number=document_number,
                key_id=key_id,
                pin=pin,
                about=about,
                accepted=accepted,
            )

    @property
    def linked(self) -> LinkedLogin:
        """Logins by SIM, WeChat, Alipay or network identity, and bindings (绑定). Raises as `login`."""
        return LinkedLogin(self._engine, self.login, self._connected)

    @property
    def computers(self) -> Computers:
        """Computers that log in to the account (电脑登录). Raises as `login`."""
        return Computers(self._engine, self.login, self._connected)

    @property
    def account(self) -> OwnAccount:
        """The account this phone is logged in to. Raises as `login`."""
        if self._own is None:
            raise InputRefused("this phone has no connection to accounts")
        return self._own

    def brand(self, name: str, *, platform: str = "android", version: str = "") -> BrandClient:
        """Configuration, agreements and help of a brand; works before enrolment, consents need a login.

        Args:
            name: The app's brand.
            platform: `android`, `ios`, `harmonyos` or `mini_program`.
            version: Of the app; empty states none.

        Raises:
            InputRefused: The phone was built without a channel.
            ServerNotTrusted, Rejected, Unreachable.
        """
        if self._channel is None:
            raise InputRefused("this phone has no channel of its own")
        return BrandClient(
            self._channel,
            brand=name,
            platform=platform,
            version=version,
            identity_public_key=self._engine.server().identity_public_key,
            bearer=self._session.bearer,
        )

    @property
    def identity(self) -> IdentityClient:
        """Real-name verification of the account (实名认证). Raises as `login`."""
        return IdentityClient(self.login, self._connected, self._uploads)

    @property
    def identity_changes(self) -> IdentityChanges:
        """Manual review, changes of the verified person, this phone for another one. Raises as `login`."""
        return IdentityChanges(self.login, self._connected, self._uploads)

    @property
    def identity_links(self) -> IdentityLinks:
        """Proof of identity through a link; needs no login. Raises InputRefused without a connection."""
        return IdentityLinks(self._connected)

    def inbox(self, language: str = "zh") -> Inbox:
        """Messages and operation log of the account, texts in `zh` or `en` (消息). Raises as `login`."""
        return Inbox(self.login, self._connected, language=language)

    @property
    def _connected(self) -> AccountConnection:
        if self._accounts is None:
            raise InputRefused("this phone has no connection to accounts")
        return self._accounts

    @property
    def _uploads(self) -> Uploads:
        if self._channel is None:
            raise InputRefused("this phone has no connection to accounts")
        return Uploads(self._channel, self.login.bearer)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One operation at a time, and a heartbeat before it where one is due (CLONE-5, CLONE-6)."""
        with self._engine.queue:
            heartbeat.make_room(self._engine)
            yield
