"""Our apps at WeChat and Alipay, by brand: a TOML file that names the files of their secrets.

    [default.wechat]
    app_id = "wx0123456789abcdef"
    secret_file = "/etc/cosign/wechat.secret"

    [zb.alipay]
    app_id = "2021000000000000"
    partner_id = "2088000000000000"
    private_key_file = "/etc/cosign/alipay.key.pem"     # ours: PKCS #1 or #8, RSA of 2048 bits or more
    public_key_file = "/etc/cosign/alipay.public.pem"   # Alipay's, not ours

A brand without an entry of its own takes that of `default`, or does without the provider. Secrets are read when they
are used: they may be replaced while we run.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from cosign.errors import ConfigInvalid

DEFAULT: Final = "default"
MIN_BITS: Final = 2_048
_WECHAT: Final = frozenset({"app_id", "secret_file"})
_ALIPAY: Final = frozenset({"app_id", "partner_id", "private_key_file", "public_key_file"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatApp:
    """An app at WeChat."""

    app_id: str
    secret: Callable[[], str] = field(repr=False)
    """Reads AppSecret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayApp:
    """An app at Alipay."""

    app_id: str
    partner_id: str
    """`pid`, 16 digits."""
    private_key: Callable[[], RSAPrivateKey] = field(repr=False)
    public_key: Callable[[], RSAPublicKey] = field(repr=False)
    """Alipay's."""


@dataclass(frozen=True, slots=True)
class Apps:
    """All apps by brand, or `default`."""

    wechat: Mapping[str, WeChatApp]
    alipay: Mapping[str, AlipayApp]


def app_of(apps: Mapping[str, T], brand: str) -> T | None:
    """The app of a brand, or the default one, or None."""
    return apps.get(brand) or apps.get(DEFAULT)


def load_apps(path: Path, key: str) -> Apps:
    """Reads and checks the file, and once every file it names. Raises ConfigInvalid naming `key`."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigInvalid(key, f"{path}: {fault}") from None
    wechat, alipay = {}, {}
    for brand, providers in document.items():
        for provider, entry in _table(key, brand, providers).items():
            name = f"{brand}.{provider}"
            values = _table(key, name, entry)
            if provider == "wechat":
                texts = _texts(key, name, values, _WECHAT)
                wechat[brand] = WeChatApp(app_id=texts["app_id"], secret=_secret(key, Path(texts["secret_file"])))
            elif provider == "alipay":
                texts = _texts(key, name, values, _ALIPAY)
                alipay[brand] = AlipayApp(
                    app_id=texts["app_id"],
                    partner_id=texts["partner_id"],
                    private_key=_private_key(key, Path(texts["private_key_file"])),
                    public_key=_public_key(key, Path(texts["public_key_file"])),
                )
            else:
                raise ConfigInvalid(key, f"{name}: known providers are wechat and alipay")
    for read in (one.secret for one in wechat.values()):
        read()
    for app in alipay.values():
        app.private_key()
        app.public_key()
    return Apps(wechat, alipay)


def _table(key: str, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ConfigInvalid(key, f"{name} must be a table")
    return value


def _texts(key: str, name: str, values: Mapping[str, object], known: frozenset[str]) -> dict[str, str]:
    texts = {one: value for one, value in values.items() if isinstance(value, str) and value}
    if set(texts) != known or set(values) != known:
        raise ConfigInvalid(key, f"{name} needs {', '.join(sorted(known))} and nothing else")
    return texts


def _secret(key: str, path: Path) -> Callable[[], str]:
    def read() -> str:
        lines = _bytes(key, path).decode(errors="replace").splitlines()
        if not lines or not lines[0].strip():
            raise ConfigInvalid(key, f"{path} is empty")
        return lines[0].strip()

    return read


def _private_key(key: str, path: Path) -> Callable[[], RSAPrivateKey]:
    def read() -> RSAPrivateKey:
        try:
            found = load_pem_private_key(_bytes(key, path), None)
        except (ValueError, TypeError):
            raise ConfigInvalid(key, f"{path} is no PEM private key without a password") from None
        if not isinstance(found, RSAPrivateKey) or found.key_size < MIN_BITS:
            raise ConfigInvalid(key, f"{path} must be an RSA key of {MIN_BITS} bits or more")
        return found

    return read


def _public_key(key: str, path: Path) -> Callable[[], RSAPublicKey]:
    def read() -> RSAPublicKey:
        try:
            found = load_pem_public_key(_bytes(key, path))
        except ValueError:
            raise ConfigInvalid(key, f"{path} is no PEM public key") from None
        if not isinstance(found, RSAPublicKey) or found.key_size < MIN_BITS:
            raise ConfigInvalid(key, f"{path} must be an RSA key of {MIN_BITS} bits or more")
        return found

    return read


def _bytes(key: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise ConfigInvalid(key, f"{path}: {fault.strerror or 'cannot be read'}") from None
