"""Signed statements: ECDSA P-256 over H(label, fields) by the core's identity key or by a device key.

==================  =============  ==========================================================================
Label               Signer         Fields
==================  =============  ==========================================================================
``E2E/key``         identity key   server_id, core_key_id, u8 suite, public_key 33, u64 not_before_ms, u64 not_after_ms
``AUDIT/head``      identity key   chosen by the audit area
``ENV/descriptor``  identity key   environment_id, brand, name, endpoint, u64 expires_ms
``DEV/rpc``         device key     method, request_hash 32, nonce 16, u64 time_ms
==================  =============  ==========================================================================

Made by `protocol.server.ServerCore.sign_statement` and `protocol.phone.DeviceKey.sign`. The signature over a joint key
(KG-5) and the device signature of a key operation (HDR-2) are checked inside the core and do not pass through here.
"""

from collections.abc import Sequence
from typing import Final

from protocol import _core
from protocol.codes import Suite
from protocol.transcript import h

__all__ = ["AUDIT_HEAD", "DEVICE_RPC", "ENVELOPE_KEY", "ENVIRONMENT", "check_public_key", "verify"]

ENVELOPE_KEY: Final = "E2E/key"
AUDIT_HEAD: Final = "AUDIT/head"
ENVIRONMENT: Final = "ENV/descriptor"
DEVICE_RPC: Final = "DEV/rpc"


def verify(public_key: bytes, label: str, fields: Sequence[bytes], signature: bytes) -> None:
    """Verifies a statement.

    Args:
        public_key: P-256 point, 33 bytes.
        label: One of the labels above.
        fields: Exactly the signed fields, in their order.
        signature: r‖s, 64 bytes; both values of s are accepted.

    Raises:
        BadSignature: It does not verify, or the signature has a wrong form.
        MalformedPoint: `public_key` is not a point.
    """
    _core.ecdsa_p256_verify(public_key, h(Suite.P256, label, fields), signature)


def check_public_key(public_key: bytes) -> None:
    """Accepts exactly a 33-byte encoding of a P-256 point (ENC-1). Raises MalformedPoint."""
    _core.point_check(Suite.P256, public_key)
