"""Builds the service that tells what this server is."""

from cosign.blocking import BlockingPool
from cosign.brands.directory import BrandDirectory
from cosign.server.config import Config
from cosign.server.servicer import ServerInfoServicer
from cosign.signing.area import Signing, SigningUnits
from protocol.codes import Suite


def server_info(
    config: Config,
    units: SigningUnits,
    signing: Signing,
    *,
    brands: BrandDirectory,
    blocking: BlockingPool,
    version: str,
) -> ServerInfoServicer:
    """The servicer."""
    return ServerInfoServicer(
        version=version,
        server_id=config.server.server_id,
        identity_public_key=units.core.identity_public_key,
        envelope_keys=signing.envelope_keys.published,
        suites=[Suite.SM2.value],
        level=units.token.info().level,
        restore_epoch=units.token.restore_epoch,
        clock=units.clock,
        brands=brands.versions,
        blocking=blocking,
    )
