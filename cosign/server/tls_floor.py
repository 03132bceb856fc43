"""TLS 1.3 as the lowest version of every gRPC listener of this process.

gRPC's Python interface cannot set the lowest TLS version. It does read the cipher list of TLS 1.2 from the
environment while it is loaded, and the ciphers of TLS 1.3 are fixed. Naming the one TLS 1.2 cipher that needs a
pre-shared key, which gRPC never has, makes every TLS 1.2 handshake fail, whatever the certificate.

This module must therefore not import grpc.
"""

import os
import sys
from typing import Final

_VARIABLE: Final = "GRPC_SSL_CIPHER_SUITES"
_NO_TLS12_CIPHER: Final = "ECDHE-PSK-AES128-CBC-SHA"


def require_tls13() -> None:
    """Makes every gRPC listener of this process refuse TLS 1.2.

    Raises:
        RuntimeError: gRPC is loaded already and did not see the setting.
    """
    if not is_required():
        if "grpc" in sys.modules:
            raise RuntimeError("call require_tls13 before grpc is imported")
        os.environ[_VARIABLE] = _NO_TLS12_CIPHER


def is_required() -> bool:
    """Whether the setting is in force."""
    return os.environ.get(_VARIABLE) == _NO_TLS12_CIPHER
