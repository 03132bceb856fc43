"""Requests and answers of the end-to-end layer (E2E-1 to E2E-3)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol.errors import BadAnswer, EnvelopeInvalid, MalformedMessage, MalformedPoint
from protocol.reference import hpke
from protocol.reference.curve import P256, Point
from protocol.reference.encoding import Reader, tlv, u8, u16, u32, u64
from protocol.reference.transcript import SUITE_P256

VERSION, SUITE = 1, 1
NONCE = 12


def core_key_id(public: Point) -> bytes:
    """8 bytes that name an envelope key."""
    return SUITE_P256.h("E2E/key-id", P256.encode(public))[:8]


class Recipient(NamedTuple):
    """Whom an envelope is for."""

    server_id: str
    public: Point

    def info(self) -> bytes:
        """E2E-1."""
        return tlv([b"COSIGN-v1/e2e", self.server_id.encode(), core_key_id(self.public)])

    def aad(self) -> bytes:
        """E2E-1."""
        return tlv([u16(VERSION), u8(SUITE), core_key_id(self.public)])


class AnswerKey(NamedTuple):
    """AEAD key of the answer; each answer has a nonce of its own (E2E-3)."""

    key: bytes

    @classmethod
    def export(cls, context: hpke.Context) -> "AnswerKey":
        return cls(context.export(b"COSIGN-v1/e2e-resp-key", 32))

    def seal(self, req_id: bytes, frame: bytes) -> bytes:
        """Server."""
        nonce = secrets.token_bytes(NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, frame, req_id)

    def open(self, req_id: bytes, answer: bytes) -> bytes:
        """Phone. Raises BadAnswer."""
        try:
            return AESGCM(self.key).decrypt(answer[:NONCE], answer[NONCE:], req_id)
        except (InvalidTag, ValueError):
            raise BadAnswer("the answer cannot be opened") from None


def seal_request(
    to: Recipient, ephemeral: int, header: bytes, make_body: Callable[[bytes], bytes]
) -> tuple[bytes, AnswerKey]:
    """E2E-2, E2E-6: `make_body` gets enc (33 bytes) and returns the body with sig_dev."""
    enc_point, shared = hpke.encapsulate(ephemeral, to.public)
    context = hpke.schedule(shared, to.info())
    enc = P256.encode(enc_point)
    ciphertext = context.seal(to.aad(), tlv([header, make_body(enc)]))
    prefix = u16(VERSION) + u8(SUITE) + core_key_id(to.public) + enc
    return prefix + u32(len(ciphertext)) + ciphertext, AnswerKey.export(context)


class OpenedRequest(NamedTuple):
    """Content of an envelope."""

    header: bytes
    body: bytes
    enc: bytes
    answer_key: AnswerKey


def open_request(to: Recipient, secret: int, envelope: bytes) -> OpenedRequest:
    """E2E-2. Raises EnvelopeInvalid."""
    try:
        reader = Reader(envelope)
        known = reader.number(2) == VERSION and reader.number(1) == SUITE
        named = reader.take(8) == core_key_id(to.public)
        enc = reader.take(33)
        ciphertext = reader.field()
        reader.end()
        point = P256.decode(enc)
    except (MalformedMessage, MalformedPoint):
        raise EnvelopeInvalid("not an envelope") from None
    if not known or not named:
        raise EnvelopeInvalid("unknown version, suite or key")
    context = hpke.schedule(hpke.decapsulate(secret, point), to.info())
    inside = Reader(context.open(to.aad(), ciphertext))
    try:
        header, body = inside.field(), inside.field()
        inside.end()
    except MalformedMessage:
        raise EnvelopeInvalid("not header and body") from None
    return OpenedRequest(header, body, enc, AnswerKey.export(context))


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Plaintext of an answer before its body (E2E-3)."""

    status: int
    server_time_ms: int = 0
    durable: bool = False
    attempts_left: int = 0
    retry_after_s: int = 0
    ctr: int = 0
    tau: bytes = bytes(16)
    restore_epoch: int = 0

    def encode(self, body: bytes, padded_body: int) -> bytes:
        """Frame ‖ u32 length ‖ body ‖ zeros up to the size of a success answer."""
        head = u8(self.status) + u64(self.server_time_ms) + u8(self.durable) + u8(self.attempts_left)
        head += u32(self.retry_after_s) + u64(self.ctr) + self.tau + u32(self.restore_epoch)
        return head + u32(len(body)) + body.ljust(padded_body, b"\0")

    @classmethod
    def decode(cls, data: bytes) -> tuple["Frame", bytes]:
        """Strict. Raises MalformedMessage."""
        reader = Reader(data)
        frame = cls(
            status=reader.number(1),
            server_time_ms=reader.number(8),
            durable=_flag(reader.number(1)),
            attempts_left=reader.number(1),
            retry_after_s=reader.number(4),
            ctr=reader.number(8),
            tau=reader.take(16),
            restore_epoch=reader.number(4),
        )
        body = reader.field()
        if any(reader.rest()) or frame.status > 14:
            raise MalformedMessage("unknown status or padding")
        return frame, body


def _flag(value: int) -> bool:
    if value > 1:
        raise MalformedMessage("unknown flag")
    return bool(value)
