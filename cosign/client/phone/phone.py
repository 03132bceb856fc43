"""`Phone`: the reference mobile SDK. Everything an app does with its keys goes through one object.

    with Phone.open(home, server="127.0.0.1:7443", ca=Path("ca.pem")) as phone:
        phone.enrol(code="K7QF-3M9T-XW2D", display_name="Work phone")
        key = phone.keygen(Purpose.SIGN, pin)
        signature, = phone.sign(key.key_id, [document], pin)

Calls block. An object serialises its own calls, so threads may share it; processes may not share a home.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import grpc

from cosign.client.phone import account, agree, heartbeat, keygen, refresh, shares, use
from cosign.client.phone.account_channel import AccountConnection, GrpcAccounts
from cosign.client.phone.account_side import AccountSide
from cosign.client.phone.channel import Connection, GrpcConnection, open_channel, read_ca
from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import KeyUnknown, NotEnrolled
from cosign.client.phone.home import FolderHome, Home
from cosign.client.phone.refresh import Advance
from cosign.client.phone.refusals import Frozen, ResyncNeeded
from cosign.client.phone.shares import Secret, UnlockedKey
from cosign.client.phone.state import PhoneKeyState
from cosign.client.phone.view import KeyView, PhoneView, view_key, view_phone
from cosign.clock import Clock, SystemClock
from protocol import p256, sm2
from protocol.codes import Custody, Purpose, Suite, SyncCase
from protocol.phone import KdfParams


def _unseen(_done: int, _total: int) -> None:
    """Progress nobody watches."""


class Phone(AccountSide):
    """One device with its keys, and what it does for the account it is logged in to."""

    def __init__(
        self,
        home: Home,
        connection: Connection,
        *,
        kdf: KdfParams | None = None,
        clock: Clock | None = None,
        owned_channel: grpc.Channel | None = None,
        accounts: AccountConnection | None = None,
        channel: grpc.Channel | None = None,
    ) -> None:
        """Builds a phone from its parts; `open` is the usual way.

        Args:
            home: Storage; closed with the phone.
            connection: Way to the server; phones may share one.
            kdf: Cost of the PIN hash for blobs made from now on; 64 MiB, 3 passes by default (PIN-1).
            clock: For tests.
            owned_channel: Closed with the phone.
            accounts: Way to the account services; without it the phone can only be enrolled by a code.
            channel: Way to what a brand shows to guests; closed by whoever owns it.
        """
        super().__init__(Engine(home, connection, clock or SystemClock()), accounts, channel)
        self._kdf = kdf or KdfParams()
        self._owned_channel = owned_channel

    @classmethod
    def open(
        cls,
        home: Path,
        server: str | None = None,
        ca: Path | None = None,
        *,
        channel: grpc.Channel | None = None,
        kdf: KdfParams | None = None,
    ) -> "Phone":
        """Opens the phone in a folder, or sets a new one up.

        Args:
            home: Private folder of the phone; made when missing.
            server: `host:port`; a home remembers it. Another value than remembered moves the phone to a new address
                of the same server: the pinned identity stays.
            ca: PEM file to trust instead of the system's certificates; remembered as well.
            channel: Channel to share with other phones; stays open when the phone is closed.
            kdf: Cost of the PIN hash (PIN-1).

        Raises:
            NotEnrolled: A new home, and no server was named.
            HomeInUse, HomeBroken, InputRefused.
        """
        if server is None and not FolderHome.is_home(home):
            raise NotEnrolled(f"there is no phone in {home}")
        folder = FolderHome(home, server or "")
        try:
            if server is not None:
                folder.state.address = server
            if ca is not None:
                folder.put_ca(read_ca(ca))
            used = open_channel(folder.state.address, folder.ca()) if channel is None else channel
        except BaseException:
            folder.close()
            raise
        return cls(
            folder,
            GrpcConnection(used),
            kdf=kdf,
            owned_channel=used if channel is None else None,
            accounts=GrpcAccounts(used),
            channel=used,
        )

    def close(self) -> None:
        """Releases the home and the connection."""
        self._engine.home.close()
        if self._owned_channel is not None:
            self._owned_channel.close()

    def __enter__(self) -> "Phone":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- device ---

    def enrol(self, *, code: str, display_name: str) -> PhoneView:
        """Registers the device (绑定) and pins the server's identity; see `account.enrol`."""
        account.enrol(self._engine, code=code, display_name=display_name)
        return self.status()

    def status(self) -> PhoneView:
        """What the phone knows, without asking the server."""
        return view_phone(self._engine)

    def sync(self) -> SyncCase:
        """Heartbeat without PIN (CLONE-5): settles open requests, finds out early that a copy was used.

        Raises:
            Frozen: A copy of this phone was used.
            NotEnrolled, Refused, Rejected, Unreachable.
        """
        return heartbeat.sync(self._engine)

    # --- keys ---

    def keygen(
        self, purpose: Purpose, pin: str, suite: Suite = Suite.SM2, custody: Custody = Custody.SEALED
    ) -> KeyView:
        """Makes a joint key and activates it (KG-1 to KG-7).

        If only the activation fails the key stays in the phone as inactive: `activate` finishes it later.
        """
        with self._turn():
            key = keygen.generate(self._engine, suite=suite, custody=custody, purpose=purpose, pin=pin, kdf=self._kdf)
        return self.activate(key.key_id, pin)

    def activate(self, key_id: str, secret: Secret) -> KeyView:
        """Finishes an interrupted key generation (KG-7); does nothing for an active key."""
        key = shares.find_key(self._engine, key_id, active=False)
        with self._turn():
            keygen.activate(self._engine, self._session, key, secret)
        return view_key(self._engine, key)

    def keys(self, purpose: Purpose | None = None) -> list[KeyView]:
        """The keys of this phone, oldest first."""
        keys = self._engine.home.state.keys.values()
        return [view_key(self._engine, key) for key in keys if purpose is None or key.purpose is purpose]

    def key(self, key_id: str) -> KeyView:
        """One key. Raises KeyUnknown."""
        return view_key(self._engine, shares.find_key(self._engine, key_id, active=False))

    def only_key(self, purpose: Purpose | None = None) -> KeyView:
        """The key when there is exactly one active key of the purpose. Raises KeyUnknown."""
        found = [key for key in self.keys(purpose) if key.state is PhoneKeyState.ACTIVE]
        if len(found) != 1:
            raise KeyUnknown(f"{len(found)} keys fit; name one")
        return found[0]

    def unlock(self, key_id: str, pin: str) -> UnlockedKey:
        """Opens a share for several operations under one PIN entry (R-CRY-21). Close the handle soon.

        A wrong PIN shows, and is counted, at the first operation.
        """
        return shares.unlock(self._engine, shares.find_key(self._engine, key_id), pin)

    # --- use ---

    def sign(
        self, key_id: str, messages: Sequence[bytes], secret: Secret, *, signer_id: bytes = sm2.DEFAULT_ID
    ) -> list[bytes]:
        """Signs 1 to 256 messages: r‖s, 64 bytes, for each, in order.

        GB/T 32918.2 with SM3, or with a P-256 key ECDSA with SHA-256, which has no signer id.

        Raises: see `use.sign_digests`.
        """
        digests = [self.digest(key_id, one, signer_id=signer_id) for one in messages]
        return self.sign_digests(key_id, digests, secret)

    def digest(self, key_id: str, message: bytes, *, signer_id: bytes = sm2.DEFAULT_ID) -> bytes:
        """What `sign` signs for a message: SM3(Z_A ‖ M), or SHA-256(M) with a P-256 key."""
        key = self.key(key_id)
        return sm2.digest(key.public_key, message, signer_id) if key.suite is Suite.SM2 else p256.digest(message)

    def streaming(self) -> contextlib.AbstractContextManager[None]:
        """For a task of many requests: while it is open, `sign_digests` sends them over one stream."""
        return self._engine.connection.streaming()

    def sign_digests(self, key_id: str, digests: Sequence[bytes], secret: Secret) -> list[bytes]:
        """Signs 1 to 256 digests computed by the caller, see `digest`; see `use.sign_digests`."""
        with self._turn():
            return use.sign_digests(self._engine, key_id, digests, secret)

    def decrypt(self, key_id: str, ciphertexts: Sequence[bytes], secret: Secret) -> list[bytes]:
        """Decrypts 1 to 256 ciphertexts, C1 ‖ C3 ‖ C2 of SM2 or CMS and HPKE of P-256; see `use.decrypt`."""
        with self._turn():
            return use.decrypt(self._engine, key_id, ciphertexts, secret)

    def agree(self, key_id: str, points: Sequence[bytes], secret: Secret) -> list[bytes]:
        """Agrees on secrets with 1 to 256 points, where the server allows it; see `agree.agree`."""
        with self._turn():
            return agree.agree(self._engine, key_id, points, secret)

    # --- PIN and shares ---

    def change_pin(
        self, old_pin: str, new_pin: str, *, key_ids: Sequence[str] | None = None, advance: Advance = _unseen
    ) -> None:
        """Changes the PIN of the keys named, else of all active keys (R-CERT-14); see `refresh.change_pin`."""
        if key_ids is None:
            key_ids = [key.key_id for key in self.keys() if key.state is PhoneKeyState.ACTIVE]
        with self._turn():
            refresh.change_pin(self._engine, key_ids, old_pin, new_pin, self._kdf, advance)

    def refresh(self, key_id: str, pin: str) -> None:
        """Renews both shares of a key under the same PIN (RF-9)."""
        with self._turn():
            refresh.refresh(self._engine, key_id, pin, self._kdf)

    def set_up_ot(self, key_id: str, secret: Secret) -> None:
        """Makes a new OT set-up for an ECDSA key (section 6.2). Signing does this by itself where it is needed.

        Raises:
            OtDestroyed, QuotaExceeded: See `use.set_up_ot`.
            KeyUnknown, KeyPurposeWrong, KeyUnfinished, Refused, Rejected, Unreachable.
        """
        key = shares.find_key(self._engine, key_id, Purpose.SIGN, Purpose.LOGIN)
        with self._turn():
            shares.with_share(self._engine, key, secret, lambda opened: use.set_up_ot(self._engine, opened))

    def adopt(self, key_id: str, secret: Secret) -> None:
        """Ends FROZEN after the user was identified again (CLONE-8). After a restore it happens by itself (RS-4)."""
        key = shares.find_key(self._engine, key_id)
        # No heartbeat before it: a frozen device gets no answer to one.
        with self._engine.queue:
            shares.with_share(
                self._engine, key, secret, lambda opened: shares.adopt(self._engine, opened), confirm=False
            )

    def recover(self, key_id: str, pin: str) -> None:
        """Makes a LOCKED or FROZEN phone usable after its user was identified again (RF-9, CLONE-8).

        The server is asked which of both it is. The shares of the key are renewed in either case, so that no copy
        of the old one is of use; `refresh` does the same for further keys.

        Raises:
            Frozen, KeyLocked: The user was not identified again, or the key itself was frozen.
            KeyUnknown, KeyUnfinished, ChangeUndone, ChangeDone, PinIncorrect, Refused, Rejected, Unreachable.
        """
        with self._engine.queue:
            try:
                heartbeat.sync(self._engine)
            except Frozen:
                self.adopt(key_id, pin)
            except ResyncNeeded:
                pass  # The refresh adopts by itself (RS-4).
            refresh.refresh(self._engine, key_id, pin, self._kdf)
