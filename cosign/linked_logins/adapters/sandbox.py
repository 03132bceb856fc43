"""Providers for development: what a user would do in the app of a provider, `cosignctl sandbox authorise` does.

A code, token or result is a text that the sandbox signed with a key of its own in the state folder:

    base64url(JSON) . base64url(Ed25519 signature over the first part)

It names method, brand, state and user, ends after minutes and is good once. Users fail as real ones do; the end of
their name or number decides, as in the sandbox of messages:

    …0001    refused for good
    …0002    not available at the first attempt of this process
    …0003    not available at any attempt
"""

import base64
import binascii
import dataclasses
import json
import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cosign.accounts.model import normal_number
from cosign.brands import LoginMethod
from cosign.clock import Clock
from cosign.errors import FieldInvalid
from cosign.linked_logins.faults import ProviderCancelled, ProviderRefused, ProviderUnavailable
from cosign.linked_logins.model import MAX_NAME, ExternalUser, Level, Provider
from cosign.linked_logins.ports import AuthorisationRequest

FILE: Final = "sandbox-providers.pem"
"""In the state folder: whoever reads it can log in as anybody here. Production has none."""
LIFETIME_MS: Final = 300_000
MAX_SUBJECT: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the app of a provider hands back."""

    method: str
    """`one_tap`, `wechat`, `alipay` or `network_id`."""
    brand: str
    state: str
    """Of the authorisation; empty for `one_tap`."""
    user: str
    """Id of the user there, or the number of the SIM."""
    name: str = ""
    level: str = ""
    cancelled: bool = False
    """The user said no."""
    expires_ms: int = 0
    nonce: str = ""


class SandboxKey:
    """The key of the sandbox; made when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._key = _load(path)

    def issue(self, grant: Grant, clock: Clock) -> str:
        """Signs a grant that ends in five minutes."""
        full = dataclasses.replace(grant, expires_ms=clock.now_ms() + LIFETIME_MS, nonce=secrets.token_hex(8))
        body = _encode(json.dumps(dataclasses.asdict(full), ensure_ascii=False).encode())
        return f"{body}.{_encode(self._key.sign(body.encode()))}"

    def open(self, text: str) -> Grant:
        """Returns a grant that this key signed. Raises ProviderRefused."""
        body, _, signature = text.partition(".")
        try:
            self._key.public_key().verify(_decode(signature), body.encode())
            return Grant(**json.loads(_decode(body)))
        except (InvalidSignature, binascii.Error, ValueError, TypeError):
            raise ProviderRefused("not signed by the sandbox") from None


class Sandbox:
    """What all providers of the sandbox do."""

    def __init__(self, key: SandboxKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._lock = threading.Lock()
        self._used: set[str] = set()
        self._failed: set[str] = set()

    def take(self, text: str, *, method: LoginMethod, brand: str, state: str) -> Grant:
        """Returns what was granted for this method, brand and state.

        Raises:
            ProviderRefused, ProviderCancelled, ProviderUnavailable.
        """
        grant = self._key.open(text)
        if (grant.method, grant.brand, grant.state) != (method.value, brand, state):
            raise ProviderRefused("granted for something else")
        if grant.expires_ms <= self._clock.now_ms():
            raise ProviderRefused("too old")
        end = grant.user[-4:]
        with self._lock:
            if end == "0003" or (end == "0002" and grant.user not in self._failed):
                self._failed.add(grant.user)
                raise ProviderUnavailable("busy")
            if end == "0001" or grant.nonce in self._used:
                raise ProviderRefused("refused or used")
            self._used.add(grant.nonce)
        if grant.cancelled:
            raise ProviderCancelled("the user said no")
        return grant


class SandboxCarrier:
    """Implements `Carrier`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def serves(self, brand: str) -> bool:
        """Every brand."""
        return bool(brand)

    def phone_number(self, *, brand: str, token: str, reference: str) -> str:
        """See the port."""
        grant = self._sandbox.take(token, method=LoginMethod.ONE_TAP, brand=brand, state="")
        try:
            return normal_number("user", grant.user)
        except FieldInvalid:
            raise ProviderRefused("not a mobile number") from None


class SandboxProvider:
    """Implements `IdentityProvider`."""

    def __init__(self, sandbox: Sandbox, provider: Provider) -> None:
        self._sandbox = sandbox
        self._provider = provider

    @property
    def provider(self) -> Provider:
        """See the port."""
        return self._provider

    def serves(self, brand: str) -> bool:
        """Every brand."""
        return bool(brand)

    def request(self, *, brand: str, state: str) -> AuthorisationRequest:
        """See the port."""
        return AuthorisationRequest(app_id=f"sandbox-{brand}", scope="sandbox")

    def exchange(self, *, brand: str, state: str, code: str) -> ExternalUser:
        """See the port."""
        grant = self._sandbox.take(code, method=self._provider.method, brand=brand, state=state)
        if not 1 <= len(grant.user) <= MAX_SUBJECT:
            raise ProviderRefused("no user")
        try:
            level = Level(grant.level) if self._provider is Provider.NETWORK_ID else Level.NONE
        except ValueError:
            raise ProviderRefused("no such level") from None
        name = grant.name[:MAX_NAME]
        return ExternalUser(provider=self._provider, subjects=(grant.user,), name=name, level=level)


def _load(path: Path) -> Ed25519PrivateKey:
    """The key of the file. Whoever comes first makes it: whole, under its final name, readable by its owner only."""
    if not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds another kind of key")
    return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
