"""KG-7: the first joint operation makes a key ACTIVE, because both sides have checked it.

A signing key signs a digest that names the key; a decryption key decrypts a challenge made by the server. Until
then the hot path allows this one operation only (`activation_permits`).
"""

import hashlib
import hmac
import secrets
from typing import Final

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.errors import ActivationInvalid, KeyStateRefused, ResourceNotFound
from cosign.signing.model import ActivationChallenge, FrozenBy, Key
from cosign.signing.ports import KeyUnit
from keyshare.ports import OpenedRequest
from keyshare.records import KeyState
from protocol import p256, sm2
from protocol.codes import Op, Purpose, Suite
from protocol.errors import ProtocolError
from protocol.transcript import tlv

LABEL: Final = b"COSIGN-v1/activate"
CHALLENGE_BYTES: Final = 32


def activation_digest(key_id: str, pk: bytes, suite: str = Suite.SM2) -> bytes:
    """Digest, 32 bytes, of TLV("COSIGN-v1/activate", key_id, pk): SM2's under the default signer id, or SHA-256."""
    message = tlv([LABEL, key_id.encode(), pk])
    return sm2.digest(pk, message) if suite == Suite.SM2 else p256.digest(message)


def activation_permits(request: OpenedRequest, pk: bytes) -> bool:
    """Whether an INACTIVE key may run this request: its activation, or ADOPT and OT_SETUP, which give nothing away."""
    if request.op in (Op.SIGN, Op.EC_SIGN):
        return request.count == 1 and request.digests == [activation_digest(request.key_id, pk, request.suite)]
    if request.op in (Op.DECRYPT, Op.ECDH):
        return request.count == 1
    return request.op in (Op.ADOPT, Op.OT_SETUP)


def begin_activation(unit: KeyUnit, *, key_id: str, device_id: str) -> ActivationChallenge:
    """What the key must do. A decryption key gets a new challenge every time; only the last one counts.

    Raises:
        ResourceNotFound: No such key of this device.
        KeyStateRefused: The key is not INACTIVE.
    """
    key = _inactive(unit, key_id, device_id)
    if key.purpose is not Purpose.DECRYPT:
        return ActivationChallenge(digest=activation_digest(key_id, key.public_key, key.suite))
    plaintext = secrets.token_bytes(CHALLENGE_BYTES)
    unit.set_challenge(key_id, hashlib.sha256(plaintext).digest())
    encrypt = sm2.encrypt if key.suite == Suite.SM2 else p256.encrypt
    return ActivationChallenge(ciphertext=encrypt(key.public_key, plaintext))


def activate_key(
    unit: KeyUnit, *, key_id: str, device_id: str, signature: bytes | None, plaintext: bytes | None, now_ms: int
) -> Key:
    """Checks the proof of the first joint operation and makes the key ACTIVE.

    Args:
        unit: The transaction.
        key_id: The key.
        device_id: The calling device.
        signature: 64-byte r‖s over `activation_digest`, for signing and login keys.
        plaintext: 32 bytes, for decryption keys.
        now_ms: Present time.

    Raises:
        ResourceNotFound: No such key of this device.
        KeyStateRefused: The key is not INACTIVE.
        ActivationInvalid: The signature or plaintext is wrong, missing, or of the other kind.
    """
    key = _inactive(unit, key_id, device_id)
    if key.purpose is Purpose.DECRYPT:
        _check_plaintext(key, plaintext)
    else:
        _check_signature(key, signature)
    changed = unit.change_state(key, KeyState.ACTIVE, frozen_by=FrozenBy.NOBODY, now_ms=now_ms)
    unit.record(
        AuditEntry(time_ms=now_ms, event=AuditEvent.KEY_ACTIVATED, outcome="done", device_id=device_id, key_id=key_id)
    )
    return changed


def _inactive(unit: KeyUnit, key_id: str, device_id: str) -> Key:
    key = unit.key(key_id)
    if key is None or key.device_id != device_id:
        raise ResourceNotFound(f"no key {key_id}")
    if key.state is not KeyState.INACTIVE:
        raise KeyStateRefused(f"the key is {key.state}, not inactive")
    return key


def _check_signature(key: Key, signature: bytes | None) -> None:
    if signature is None:
        raise ActivationInvalid("a signing key is activated by a signature")
    try:
        verify = sm2.verify if key.suite == Suite.SM2 else p256.verify
        verify(key.public_key, activation_digest(key.key_id, key.public_key, key.suite), signature)
    except ProtocolError as fault:
        raise ActivationInvalid("the signature over the activation digest is wrong") from fault


def _check_plaintext(key: Key, plaintext: bytes | None) -> None:
    if plaintext is None or not key.challenge_hash:
        raise ActivationInvalid("a decryption key is activated by the decrypted challenge")
    if not hmac.compare_digest(hashlib.sha256(plaintext).digest(), key.challenge_hash):
        raise ActivationInvalid("the decrypted challenge is wrong")
