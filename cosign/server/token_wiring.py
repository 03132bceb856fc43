"""Opens the configured token. There is no fallback from one kind to another."""

from collections.abc import Callable
from typing import Final

from cosign.errors import ConfigInvalid
from cosign.server.config import Config
from cosign.server.config_token import PKCS11, expected_check_values
from cosign.server.metered_token import MeteredToken
from cosign.server.metrics import Metrics
from hsm.pkcs11 import Mode, Pkcs11Token, TokenUri, UriInvalid
from hsm.pkcs11.native import Native, Pin
from hsm.pkcs11.pool import Limits
from hsm.ports import Token, TokenInfo, TokenKeyDamaged
from hsm.software import SoftwareToken
from protocol import pkcs11
from protocol.errors import BadAnswer, InternalFault
from protocol.seal import Kek, SecretRecord

NATIVE: Final[Native[SecretRecord]] = Native(
    module=pkcs11.Pkcs11Module,
    pin=pkcs11.Pin,
    refused=pkcs11.Pkcs11Refused,
    wrong_answer=(InternalFault, BadAnswer),
)
"""The core's calls for tokens of PKCS#11."""


def open_token(config: Config, *, may_create: bool, metrics: Metrics | None) -> Token[SecretRecord]:
    """Opens the token and tests it.

    Args:
        config: The configuration.
        may_create: Whether a software token may be made: only together with a new core, a lost token is never
            replaced. A token of PKCS#11 is made ready by `cosignctl hsm init` only.
        metrics: Counts its calls, and lets a token of PKCS#11 be watched; None for operator programs.

    Raises:
        TokenFault: It cannot be opened or fails its test.
        ConfigInvalid: `token.uri` cannot be read.
    """
    if config.token.kind == PKCS11:
        hardware = open_pkcs11(config)
        if metrics is None:
            return hardware
        metrics.token_pool(lambda: hardware.pool_state)
        metered = MeteredToken(hardware, metrics)
        hardware.watch(config.token.probe_seconds, lambda fault: metrics.token_call("self_test", good=fault is None))
        return metered
    plain = _open_software(config, may_create=may_create)
    token: Token[SecretRecord] = plain if metrics is None else MeteredToken(plain, metrics)
    token.self_test()
    return token


def open_pkcs11(config: Config, *, ask: Callable[[], Pin] | None = None) -> Pkcs11Token[SecretRecord]:
    """Opens the configured token of PKCS#11, which tests it.

    Args:
        config: The configuration; `token.kind` is pkcs11.
        ask: Asks for the PIN if the URI names no source; None refuses that.

    Raises:
        TokenFault: It cannot be opened, fails its test, or has other check values than configured.
        ConfigInvalid: `token.uri` cannot be read.
    """
    section = config.token
    # The head log stands there also when the keys do not.
    config.token_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = Pkcs11Token.open(
        token_uri(config),
        native=NATIVE,
        mode=Mode(section.mode),
        limits=Limits(sessions=section.sessions, waiting=section.waiting, deadline=section.deadline_seconds),
        ask=ask,
        settle=section.settle_seconds,
    )
    try:
        _check_values(token.info(), expected_check_values(section))
    except TokenKeyDamaged:
        token.close()
        raise
    return token


def token_uri(config: Config) -> TokenUri:
    """The configured URI. Raises ConfigInvalid."""
    try:
        return TokenUri.parse(config.token.uri)
    except UriInvalid as fault:
        raise ConfigInvalid("token.uri", str(fault)) from None


def _check_values(info: TokenInfo, expected: dict[int, bytes]) -> None:
    """SEAL-4. A version may be gone after a rotation, but not all of them."""
    for version, value in info.check_values.items():
        if expected.get(version, value) != value:
            raise TokenKeyDamaged(f"KEK version {version} has check value {value.hex()}, not the configured one")
    if expected and not expected.keys() & info.check_values.keys():
        raise TokenKeyDamaged("the token has none of the KEK versions of token.check_values")


def _open_software(config: Config, *, may_create: bool) -> Token[SecretRecord]:
    folder, environment = config.token_folder, config.environment
    if may_create and not (folder.is_dir() and any(folder.iterdir())):
        return SoftwareToken.create(folder, kek=Kek, environment=environment, warn=_quiet)
    return SoftwareToken.open(folder, kek=Kek, environment=environment, warn=_quiet)


def _quiet(_warning: str) -> None:
    """The programs print SOFTWARE_WARNING themselves, once."""
