"""Opens the configured token. There is no fallback from one kind to another."""

from cosign.server.config import Config
from cosign.server.metered_token import MeteredToken
from cosign.server.metrics import Metrics
from hsm.ports import Token
from hsm.software import SoftwareToken
from protocol.seal import Kek, SecretRecord


def open_token(config: Config, *, may_create: bool, metrics: Metrics | None) -> Token[SecretRecord]:
    """Opens the token and tests it.

    Args:
        config: The configuration.
        may_create: Whether a software token may be made: only together with a new core, a lost token is never
            replaced.
        metrics: Counts its calls; None for operator programs.

    Raises:
        TokenFault: It cannot be opened or fails its test.
    """
    plain = _open_software(config, may_create=may_create)
    token: Token[SecretRecord] = plain if metrics is None else MeteredToken(plain, metrics)
    token.self_test()
    return token


def _open_software(config: Config, *, may_create: bool) -> Token[SecretRecord]:
    folder, environment = config.token_folder, config.environment
    if may_create and not (folder.is_dir() and any(folder.iterdir())):
        return SoftwareToken.create(folder, kek=Kek, environment=environment, warn=_quiet)
    return SoftwareToken.open(folder, kek=Kek, environment=environment, warn=_quiet)


def _quiet(_warning: str) -> None:
    """The programs print SOFTWARE_WARNING themselves, once."""
