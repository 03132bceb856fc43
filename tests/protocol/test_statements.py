"""Signed statements of the identity key and of device keys."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature

from protocol import statements
from protocol.errors import BadSignature, MalformedPoint
from protocol.phone import DeviceKey
from protocol.reference import device
from protocol.reference.curve import P256, scalar_bytes
from protocol.reference.transcript import SUITE_P256
from protocol.server import ServerCore

FIELDS = [b"/cosign.api.v1.DeviceService/EnrolDevice", bytes(32), bytes(16), (1).to_bytes(8, "big")]
PREHASHED = ec.ECDSA(Prehashed(hashes.SHA256()))


def pair(signature: bytes) -> tuple[int, int]:
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")


def test_a_device_statement_verifies_here_in_the_reference_and_in_cryptography() -> None:
    key = DeviceKey.generate()
    signature = key.sign(statements.DEVICE_RPC, FIELDS)
    digest = SUITE_P256.h(statements.DEVICE_RPC, *FIELDS)
    statements.verify(key.public_key, statements.DEVICE_RPC, FIELDS, signature)
    device.verify(P256.decode(key.public_key), digest, signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key)
    public.verify(encode_dss_signature(*pair(signature)), digest, PREHASHED)


def test_statements_of_cryptography_verify() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_numbers()
    public = bytes([2 + (point.y & 1)]) + scalar_bytes(point.x)
    digest = SUITE_P256.h(statements.AUDIT_HEAD, *FIELDS)
    for _ in range(8):
        r, s = decode_dss_signature(private.sign(digest, PREHASHED))
        for value in (s, P256.n - s):
            statements.verify(public, statements.AUDIT_HEAD, FIELDS, scalar_bytes(r) + scalar_bytes(value))


@pytest.mark.parametrize("label", [statements.ENVELOPE_KEY, statements.AUDIT_HEAD])
def test_a_core_statement_is_bound_to_key_label_and_fields(label: str) -> None:
    core, other = ServerCore.generate("core-1"), ServerCore.generate("core-1")
    signature = core.sign_statement(label, FIELDS)
    statements.verify(core.identity_public_key, label, FIELDS, signature)
    moved = [*FIELDS[:-2], FIELDS[-2] + FIELDS[-1][:1], FIELDS[-1][1:]]
    for key, used, fields in (
        (other.identity_public_key, label, FIELDS),
        (core.identity_public_key, statements.DEVICE_RPC, FIELDS),
        (core.identity_public_key, label, FIELDS[:-1]),
        (core.identity_public_key, label, moved),
    ):
        with pytest.raises(BadSignature):
            statements.verify(key, used, fields, signature)


@pytest.mark.parametrize("label", ["KG/3", "DEV/sig", "REQ/id", "DEV/rpc", ""])
def test_the_identity_key_signs_nothing_else(label: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        ServerCore.generate("core-1").sign_statement(label, FIELDS)


@pytest.mark.parametrize("label", ["KG/3", "DEV/sig", "E2E/key", ""])
def test_the_device_key_signs_nothing_else(label: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        DeviceKey.generate().sign(label, FIELDS)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(63),
        bytes(64),
        bytes(65),
        scalar_bytes(P256.n) + scalar_bytes(1),
        scalar_bytes(1) + scalar_bytes(P256.n),
        b"\xff" * 64,
    ],
    ids=["empty", "63", "zeros", "65", "r = n", "s = n", "all ones"],
)
def test_signatures_of_a_wrong_form_are_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        statements.verify(DeviceKey.generate().public_key, statements.DEVICE_RPC, FIELDS, signature)


@pytest.mark.parametrize("key", [b"", bytes(33), b"\4" + bytes(64), b"\2" + b"\xff" * 32])
def test_bad_public_keys_are_refused(key: bytes) -> None:
    with pytest.raises(MalformedPoint):
        statements.verify(key, statements.DEVICE_RPC, FIELDS, bytes(31) + b"\1" + bytes(31) + b"\1")
    with pytest.raises(MalformedPoint):
        statements.check_public_key(key)
    statements.check_public_key(DeviceKey.generate().public_key)
