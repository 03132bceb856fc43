"""Tokens behind PKCS#11 (section 8.3).

::

    uri         where the token is (RFC 7512)
    native      the calls through which secrets pass, made by the core
    library     python-pkcs11 and the core on one loaded module, initialised for threads
    faults      what a refusal means for the session
    threads     calls with a hard deadline
    pool        sessions by generation: drop, rebuild, retry
    objects     KEK versions and the state object in the token
    probe       what the token can do
    token       the port `Token`
    shares      the port `ShareHolder` (tier 2)
    ceremony    making a token ready under dual control
"""

from hsm.pkcs11.token import Mode, Pkcs11Token
from hsm.pkcs11.uri import TokenUri, UriInvalid

__all__ = ["Mode", "Pkcs11Token", "TokenUri", "UriInvalid"]
