"""Making a joint key: three messages, then the first joint operation that makes it active (section 3.1, KG-7).

Until M4 has been answered the phone keeps nothing of the key on disk: a crash or a lost answer means a new key
generation under a new key id (KG-8). From M4 on the key is in the record as INACTIVE and its activation can be
finished at any later start.
"""

import uuid
from typing import Final

from cosign import ids
from cosign.api.v1 import key_pb2
from cosign.client.phone.account import Session
from cosign.client.phone.engine import Engine, Operation, Ticket, checked_answer
from cosign.client.phone.errors import PinUnsuitable, ServerNotTrusted
from cosign.client.phone.refusals import CustodyUnavailable
from cosign.client.phone.shares import Secret, with_share
from cosign.client.phone.state import BlobSlot, PhoneKey, PhoneKeyState
from cosign.client.phone.use import decrypt_with, sign_with
from protocol import p256, sm2
from protocol import pin as pin_rules
from protocol.codes import Custody, Op, Purpose, Suite
from protocol.errors import MalformedMessage
from protocol.phone import Answer, Blob, KdfParams, PhoneKeygen
from protocol.transcript import tlv

_ACTIVATION_LABEL: Final = b"COSIGN-v1/activate"


def check_new_pin(pin: str) -> None:
    """PIN-7. Raises PinUnsuitable."""
    try:
        pin_rules.check(pin)
    except MalformedMessage:
        raise PinUnsuitable from None


def generate(
    engine: Engine,
    *,
    purpose: Purpose,
    pin: str,
    kdf: KdfParams,
    suite: Suite = Suite.SM2,
    custody: Custody = Custody.SEALED,
) -> PhoneKey:
    """KG-1 to KG-6. Returns the INACTIVE key, which is durable.

    Args:
        engine: The phone.
        purpose: What the key is for.
        pin: The PIN of the key.
        kdf: Cost of blinding the share.
        suite: Which curve.
        custody: Where the server shall keep its share; only P-256 decryption keys can be in its token.

    Raises:
        PinUnsuitable: The PIN breaks PIN-7.
        CustodyUnavailable: No token can hold a share of such a key, or that of this service cannot.
        ServerNotTrusted: A proof or signature of the server does not verify; nothing was kept.
        Refused, Rejected, Unreachable.
    """
    check_new_pin(pin)
    in_token = custody is Custody.TOKEN
    if in_token and (suite, purpose) != (Suite.P256, Purpose.DECRYPT):
        raise CustodyUnavailable
    key_id = ids.new_id(ids.KEY, engine.clock.now_ms())
    with engine.queue:
        second: list[Ticket] = []

        def receive(exchange: PhoneKeygen, raw: bytes) -> tuple[Answer, PhoneKeygen]:
            """Reads M2 and prepares M3 under a header of its own."""
            ticket = engine.ticket(Operation(Op.KEYGEN, "FinishKeygen", key_id, purpose, suite=suite))
            second.append(ticket)
            return exchange.receive(raw, ticket.header, ticket.local_seq), exchange

        _, exchange = engine.perform(
            Operation(Op.KEYGEN, "BeginKeygen", key_id, purpose, suite=suite),
            lambda t, device: PhoneKeygen.begin(t.target, device, t.header, t.local_seq, in_token=in_token),
            receive,
        )
        raw = engine.send(second[-1], exchange.envelope)
        with checked_answer():
            frame, blob, tau, ctr = exchange.finish(raw, pin, kdf)
        engine.settle(second[-1], frame, lambda: _keep(engine, key_id, suite, purpose, blob), first_token=(tau, ctr))
        return engine.home.state.keys[key_id]


def _keep(engine: Engine, key_id: str, suite: Suite, purpose: Purpose, blob: Blob | None) -> None:
    if blob is None:
        raise ServerNotTrusted("key generation was answered OK without a key")
    engine.home.put_blob(blob)
    slot = BlobSlot(share_id=blob.share_id, pin_number=1, confirmed=True)
    engine.home.state.keys[key_id] = PhoneKey(
        key_id=key_id, suite=suite, purpose=purpose, public_key=blob.pk, state=PhoneKeyState.INACTIVE, active=slot
    )


def activate(engine: Engine, session: Session, key: PhoneKey, secret: Secret) -> None:
    """KG-7: the one operation an INACTIVE key may do, and its proof to the server. May be repeated after a crash.

    Raises:
        ServerNotTrusted: The server asks for a signature over something else.
        Refused, Rejected, Unreachable.
    """
    if key.state is PhoneKeyState.ACTIVE:
        return
    with engine.queue:
        if not _is_active(engine, session, key):
            proof = _prove(engine, session, key, secret)
            engine.connection.activate_key(proof, session.bearer())
        key.state = PhoneKeyState.ACTIVE
        engine.home.commit()


def _is_active(engine: Engine, session: Session, key: PhoneKey) -> bool:
    """Whether an earlier activation succeeded and only its answer was lost."""
    answer = engine.connection.get_key(key_pb2.GetKeyRequest(key_id=key.key_id), session.bearer())
    return answer.key.state == key_pb2.KEY_STATE_ACTIVE


def _prove(engine: Engine, session: Session, key: PhoneKey, secret: Secret) -> key_pb2.ActivateKeyRequest:
    challenge = engine.connection.begin_activation(key_pb2.BeginActivationRequest(key_id=key.key_id), session.bearer())
    request = key_pb2.ActivateKeyRequest(request_id=str(uuid.uuid4()), key_id=key.key_id)
    if key.purpose is Purpose.DECRYPT:
        ciphertext = challenge.ciphertext
        (request.plaintext,) = with_share(
            engine, key, secret, lambda opened: decrypt_with(engine, opened, [ciphertext])
        )
        return request
    digest = activation_digest(key)
    if challenge.digest != digest:
        raise ServerNotTrusted("the server asks to activate the key with another digest")
    (request.signature,) = with_share(engine, key, secret, lambda opened: sign_with(engine, opened, [digest]))
    return request


def activation_digest(key: PhoneKey) -> bytes:
    """What a signing key signs once to become active: 32 bytes, computed by the phone itself (rule 14)."""
    message = tlv([_ACTIVATION_LABEL, key.key_id.encode(), key.public_key])
    return sm2.digest(key.public_key, message) if key.suite is Suite.SM2 else p256.digest(message)
