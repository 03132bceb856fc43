"""Signing and decrypting: 1 to 256 items under one PIN entry (sections 3.2, 3.3 and 6)."""

from collections.abc import Sequence
from typing import Final

from cosign.client.phone.engine import Engine, Operation, checked_answer
from cosign.client.phone.errors import InputRefused, ServerNotTrusted, ServerSuspected
from cosign.client.phone.lost import made_anew
from cosign.client.phone.refusals import OtDestroyed
from cosign.client.phone.shares import Opened, Secret, find_key, forget_ended_change, with_share
from protocol import cms
from protocol.codes import Op, Purpose, Suite
from protocol.errors import DigestRefused, MalformedMessage, MalformedPoint
from protocol.phone import Answer, EcdhCiphertext, PhoneDecrypt, PhoneEcdh, PhoneOtSetup, PhoneSign

MAX_ITEMS: Final = 256
DIGEST_SIZE: Final = 32
MAX_FAULTS: Final = 3
FAULT_MEMORY_MS: Final = 24 * 3_600_000
"""Section 6.4: a retry button would let a server read bits of the share."""
_CMS_COMMAND: Final = "`openssl cms -encrypt -binary -aes-256-gcm -keyopt ecdh_kdf_md:sha256 -outform DER -recip CERT`"


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
    """One Sign exchange with an open share; with a P-256 key one SignEcdsa exchange per digest, one after the other."""
    try:
        if opened.key.suite is Suite.SM2:
            return _exchange(engine, opened, opened.operation(Op.SIGN, "Sign"), digests)
        signatures: list[bytes] = []
        for digest in digests:
            frame, made = _sign_ecdsa(engine, opened, digest)
            signatures += made
        return frame, signatures
    except DigestRefused:
        raise InputRefused("a digest is 0 modulo the group order") from None


def _sign_ecdsa(engine: Engine, opened: Opened, digest: bytes) -> tuple[Answer, list[bytes]]:
    """EC-1 to EC-14; a set-up that is not ready is made anew once (section 6.4)."""
    operation = opened.operation(Op.EC_SIGN, "SignEcdsa")
    key, now = opened.key, engine.clock.now_ms()
    key.faults_ms = [one for one in key.faults_ms if now - one < FAULT_MEMORY_MS]
    if len(key.faults_ms) >= MAX_FAULTS:
        raise ServerSuspected
    try:
        try:
            return _exchange(engine, opened, operation, [digest])
        except OtDestroyed:
            set_up_ot(engine, opened)
        return _exchange(engine, opened, operation, [digest])
    except ServerNotTrusted:
        key.faults_ms.append(now)
        engine.home.commit()
        raise


def _exchange(
    engine: Engine, opened: Opened, operation: Operation, digests: Sequence[bytes]
) -> tuple[Answer, list[bytes]]:
    return made_anew(
        engine,
        lambda: engine.perform(
            operation,
            lambda t, device: PhoneSign.begin(t.target, device, t.header, opened.share, digests, t.local_seq),
            lambda exchange, raw: exchange.finish(raw),
        ),
    )


def set_up_ot(engine: Engine, opened: Opened) -> tuple[Answer, None]:
    """OT_SETUP: new seeds for the open share, durable before part 2 is sent; the share stays open with them.

    Raises:
        OtDestroyed: Part 2 did not fit.
        QuotaExceeded: Ten set-ups today.
        ServerNotTrusted, Refused, Rejected, Unreachable.
    """
    operation = opened.operation(Op.OT_SETUP, "SetUpOt")
    _, exchange = engine.perform(
        operation,
        lambda t, device: PhoneOtSetup.begin(t.target, device, t.header, opened.share, t.local_seq),
        lambda exchange, raw: (exchange.receive(raw), exchange),
    )
    # Only now: the header of part 2 carries the token that came with part 1.
    ticket = engine.ticket(operation)
    with checked_answer():
        blob = exchange.reply(ticket.header, ticket.local_seq)
    engine.home.put_blob(blob)
    raw = engine.send(ticket, exchange.envelope)
    with checked_answer():
        frame = exchange.finish(raw)
    engine.settle(ticket, frame)
    return frame, None


def decrypt(engine: Engine, key_id: str, ciphertexts: Sequence[bytes], secret: Secret) -> list[bytes]:
    """DEC-1 to DEC-6: one plaintext per ciphertext, in order; all or none.

    Args:
        ciphertexts: C1 (65 or 33) ‖ C3 (32) ‖ C2 each; for a P-256 key CMS in DER or HPKE, enc (65) ‖ sealed.

    Raises:
        InputRefused: Not 1 to 256 items, or one that is no ciphertext for such a key.
        DecryptionRefused: One of them was not made for this key or was altered (DEC-5).
        KeyUnknown, KeyPurposeWrong, KeyUnfinished, Refused, Rejected, Unreachable.
    """
    _check_count(len(ciphertexts))
    key = find_key(engine, key_id, Purpose.DECRYPT)
    plaintexts = with_share(engine, key, secret, lambda opened: decrypt_with(engine, opened, ciphertexts))
    forget_ended_change(engine)
    return plaintexts


def decrypt_with(engine: Engine, opened: Opened, ciphertexts: Sequence[bytes]) -> tuple[Answer, list[bytes]]:
    """One Decrypt or Agree exchange with an open share."""
    if opened.key.suite is Suite.P256:
        return _agree(engine, opened, [p256_ciphertext(one) for one in ciphertexts])
    try:
        return made_anew(
            engine,
            lambda: engine.perform(
                opened.operation(Op.DECRYPT, "Decrypt"),
                lambda t, device: PhoneDecrypt.begin(
                    t.target, device, t.header, opened.share, ciphertexts, t.local_seq
                ),
                lambda exchange, raw: exchange.finish(raw),
            ),
        )
    except (MalformedMessage, MalformedPoint) as error:
        raise InputRefused(f"not an SM2 ciphertext: {type(error).__name__}") from None


def _agree(engine: Engine, opened: Opened, ciphertexts: Sequence[EcdhCiphertext]) -> tuple[Answer, list[bytes]]:
    """ECDH-1, ECDH-2."""
    return made_anew(
        engine,
        lambda: engine.perform(
            opened.operation(Op.ECDH, "Agree"),
            lambda t, device: PhoneEcdh.begin(t.target, device, t.header, opened.share, ciphertexts, t.local_seq),
            lambda exchange, raw: exchange.finish(raw),
        ),
    )


def p256_ciphertext(content: bytes) -> EcdhCiphertext:
    """CMS in DER (`protocol.cms`) or HPKE; the first byte tells. Raises InputRefused."""
    try:
        return cms.recipient(content) if content[:1] == b"\x30" else EcdhCiphertext.hpke(content)
    except (MalformedMessage, MalformedPoint) as error:
        raise InputRefused(f"neither HPKE nor CMS for a P-256 key ({error}); {_CMS_COMMAND} writes it") from None


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_ITEMS:
        raise InputRefused(f"one request carries 1 to {MAX_ITEMS} items")
