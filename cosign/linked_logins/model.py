"""Providers, their users, bindings and authorisations: values and rules without I/O."""

import datetime as dt
import enum
import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from cosign.accounts.model import LoginMethodUsed
from cosign.brands import BrandPolicy, LoginMethod

AUTHORISATION_LIFETIME: Final = dt.timedelta(minutes=10)
"""For the way to the provider's app and back; their codes live 5 to 10 minutes."""
PENDING_LIFETIME: Final = dt.timedelta(minutes=10)
"""For proving a number after the provider has told who it is."""
USED_CODE_KEPT: Final = dt.timedelta(hours=24)
"""Longer than any provider takes its own codes."""
MAX_CODE: Final = 512
MAX_TOKEN: Final = 2_048
MAX_RESULT: Final = 8_192
MAX_NAME: Final = 64


class Provider(enum.StrEnum):
    """Who knows the user. Stored; the words never change."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    NETWORK_ID = "network_id"

    @property
    def method(self) -> LoginMethod:
        """The word of the brand's policy."""
        return LoginMethod(self.value)

    @property
    def used(self) -> LoginMethodUsed:
        """The word of the login history."""
        return LoginMethodUsed(self.value)


THIRD_PARTIES: Final = frozenset({Provider.WECHAT, Provider.ALIPAY})
TITLES: Final[Mapping[Provider, str]] = {
    Provider.WECHAT: "微信 (WeChat)",
    Provider.ALIPAY: "支付宝 (Alipay)",
    Provider.NETWORK_ID: "国家网络身份认证 (network identity)",
}
"""How messages name a provider, in either language."""


class Level(enum.StrEnum):
    """How sure the network identity service is of its user. Stored; the words never change."""

    NONE = ""
    """Not told, or no network identity."""
    CREDENTIAL = "credential"
    """The credential on the phone (网证)."""
    PASSWORD = "password"  # noqa: S105 - a word
    """The credential and its password."""
    FACE = "face"
    """The credential and the face."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ExternalUser:
    """A user as a provider knows him."""

    provider: Provider
    subjects: tuple[str, ...]
    """His ids, the one that lasts longest first; equal ids mean the same user. 1 to 4, each 1 to 256 characters."""
    name: str = ""
    """How he calls himself there; at most 64 characters, may be empty."""
    level: Level = Level.NONE

    @property
    def keys(self) -> tuple[str, ...]:
        """`subjects` as they are stored, after the provider's name; of a network identity only the hash."""
        if self.provider is not Provider.NETWORK_ID:
            return tuple(f"{self.provider}:{one}" for one in self.subjects)
        return tuple(f"{self.provider}:{hashlib.sha256(one.encode()).hexdigest()}" for one in self.subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """An account and the user of a provider it belongs to."""

    binding_id: str
    """`bnd_` and a ULID."""
    account_id: str
    brand: str
    provider: Provider
    level: Level
    bound_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """A way to a provider that was begun. Whoever comes back must be `holder`."""

    brand: str
    provider: Provider
    holder: str
    """`holder_of` the device key, or the device id where `account_id` is set."""
    account_id: str = ""
    """The account that wants to be bound; empty for a login."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PendingBinding:
    """A user of a provider whom no account is bound to yet."""

    brand: str
    holder: str
    user: ExternalUser


def new_state() -> str:
    """A new state, serial number or ticket: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


def holder_of(public_key: bytes) -> str:
    """The name of a device key: 64 hexadecimal digits."""
    return hashlib.sha256(public_key).hexdigest()


def code_hash(channel: str, brand: str, code: str) -> bytes:
    """What is remembered of a code that was used, 32 bytes. Codes are long and random: a hash hides them."""
    return hashlib.sha256(b"\0".join((channel.encode(), brand.encode(), code.encode()))).digest()


def can_log_in(policy: BrandPolicy, *, number: bool, password: bool, providers: Collection[Provider]) -> bool:
    """Whether an account with these has a way to log in that the brand offers; keys of single phones do not count."""
    ways = {provider.method for provider in providers}
    if number:
        ways |= {LoginMethod.SMS, LoginMethod.ONE_TAP}
        ways |= {LoginMethod.PASSWORD} if password else set()
    return bool(ways & set(policy.login.methods))


def fallback(policy: BrandPolicy, failed: LoginMethod) -> str:
    """Another method of the brand to offer when a provider fails: SMS, else the first one; empty when there is none."""
    others = [method for method in policy.login.methods if method is not failed]
    if LoginMethod.SMS in others:
        return LoginMethod.SMS.value
    return others[0].value if others else ""
