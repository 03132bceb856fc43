"""Signing and decrypting: 1 to 256 items under one PIN entry (sections 3.2 and 3.3)."""

from collections.abc import Sequence
from typing import Final

from cosign.client.phone.engine import Engine
from cosign.client.phone.errors import InputRefused
from cosign.client.phone.shares import Opened, Secret, find_key, forget_ended_change, with_share
from protocol.codes import Op, Purpose
from protocol.errors import DigestRefused, MalformedMessage, MalformedPoint
from protocol.phone import Answer, PhoneDecrypt, PhoneSign

MAX_ITEMS: Final = 256
DIGEST_SIZE: Final = 32


def sign_digests(engine: Engine, key_id: str, digests: Sequence[bytes], secret: Secret) -> list[bytes]:
    """SIGN-1 to SIGN-18: one signature r‖s (64 bytes) per digest, in order; all or none.

    Raises:
        InputRefused: Not 1 to 256 digests of 32 bytes, or one that is 0 modulo n.
        KeyUnknown, KeyPurposeWrong, KeyUnfinished.
        ServerNotTrusted: An item fails SIGN-17; nothing is released.
        Refused, Rejected, Unreachable.
    """
    _check_count(len(digests))
    if any(len(digest) != DIGEST_SIZE for digest in digests):
        raise InputRefused(f"a digest is {DIGEST_SIZE} bytes")
    key = find_key(engine, key_id, Purpose.SIGN, Purpose.LOGIN)
    signatures = with_share(engine, key, secret, lambda opened: sign_with(engine, opened, digests))
    forget_ended_change(engine)
    return signatures


def sign_with(engine: Engine, opened: Opened, digests: Sequence[bytes]) -> tuple[Answer, list[bytes]]:
    """One Sign exchange with an open share."""
    try:
        return engine.perform(
            opened.operation(Op.SIGN, "Sign"),
            lambda t, device: PhoneSign.begin(t.target, device, t.header, opened.share, digests, t.local_seq),
            lambda exchange, raw: exchange.finish(raw),
        )
    except DigestRefused:
        raise InputRefused("a digest is 0 modulo the group order") from None


def decrypt(engine: Engine, key_id: str, ciphertexts: Sequence[bytes], secret: Secret) -> list[bytes]:
    """DEC-1 to DEC-6: one plaintext per ciphertext, in order; all or none.

    Args:
        ciphertexts: C1 (65 or 33) ‖ C3 (32) ‖ C2 each.

    Raises:
        InputRefused: Not 1 to 256 items, or one that is no SM2 ciphertext.
        DecryptionRefused: One of them was not made for this key or was altered (DEC-5).
        KeyUnknown, KeyPurposeWrong, KeyUnfinished, Refused, Rejected, Unreachable.
    """
    _check_count(len(ciphertexts))
    key = find_key(engine, key_id, Purpose.DECRYPT)
    plaintexts = with_share(engine, key, secret, lambda opened: decrypt_with(engine, opened, ciphertexts))
    forget_ended_change(engine)
    return plaintexts


def decrypt_with(engine: Engine, opened: Opened, ciphertexts: Sequence[bytes]) -> tuple[Answer, list[bytes]]:
    """One Decrypt exchange with an open share."""
    try:
        return engine.perform(
            opened.operation(Op.DECRYPT, "Decrypt"),
            lambda t, device: PhoneDecrypt.begin(t.target, device, t.header, opened.share, ciphertexts, t.local_seq),
            lambda exchange, raw: exchange.finish(raw),
        )
    except (MalformedMessage, MalformedPoint) as error:
        raise InputRefused(f"not an SM2 ciphertext: {type(error).__name__}") from None


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_ITEMS:
        raise InputRefused(f"one request carries 1 to {MAX_ITEMS} items")
