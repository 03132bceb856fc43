"""TLS of the HTTP endpoints for downloads and callbacks: the certificate of the server."""

import ssl

from cosign.errors import ConfigInvalid
from cosign.server import tls
from cosign.server.config import Config


def endpoint_context(config: Config) -> ssl.SSLContext | None:
    """What an endpoint serves with, or None for plain text. Raises ConfigInvalid if the certificate is of no use."""
    if config.server.plaintext:
        return None
    certificate, private_key = tls.pair_of(config)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate, private_key)
    except OSError as fault:
        raise ConfigInvalid("tls.certificate", f"cannot be used: {fault.strerror or fault}") from None
    return context
