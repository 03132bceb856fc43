"""The two forms of ciphertext that mode AEAD of ECDH opens (section 6.6, ECDH-2), from Z on.

Z is x(a·b·T). Both forms bind T and P: HPKE in its key schedule, CMS through the key agreement and its shared info.
"""

import hashlib
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from protocol.errors import DecryptionFailed, EnvelopeInvalid, MalformedMessage
from protocol.reference import hpke
from protocol.reference.curve import P256, Point, not_identity, scalar_bytes


class HpkeCiphertext(NamedTuple):
    """HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM: enc (65) ‖ ciphertext ‖ tag."""

    enc: Point
    sealed: bytes
    info: bytes = b""
    aad: bytes = b""

    @classmethod
    def decode(cls, data: bytes, info: bytes = b"", aad: bytes = b"") -> "HpkeCiphertext":
        """Strict: enc uncompressed, at least a tag behind it."""
        if len(data) < 65 + 16:
            raise MalformedMessage("ciphertext is too short")
        return cls(P256.decode_uncompressed(data[:65]), data[65:], info, aad)

    def open(self, z: bytes, pk: Point) -> bytes:
        """Raises DecryptionFailed, whatever is wrong."""
        context = hpke.schedule(hpke.shared_secret(z, self.enc, pk), self.info)
        try:
            return context.open(self.aad, self.sealed)
        except EnvelopeInvalid:
            raise DecryptionFailed("decryption failed") from None


def seal_hpke(pk: Point, ephemeral: int, plaintext: bytes, info: bytes = b"", aad: bytes = b"") -> bytes:
    """The sender's side with a given ephemeral secret."""
    enc, shared = hpke.encapsulate(ephemeral, pk)
    return P256.encode_uncompressed(enc) + hpke.schedule(shared, info).seal(aad, plaintext)


class CmsCiphertext(NamedTuple):
    """Key agreement of CMS (RFC 5753): X9.63 KDF with SHA-256, AES-256 key wrap, AES-256-GCM (RFC 5084)."""

    originator: Point
    shared_info: bytes
    wrapped_key: bytes
    nonce: bytes
    sealed: bytes
    aad: bytes = b""

    def open(self, z: bytes, _pk: Point) -> bytes:
        """Raises DecryptionFailed, whatever is wrong."""
        try:
            key = aes_key_unwrap(x963(z, self.shared_info), self.wrapped_key)
            return AESGCM(key).decrypt(self.nonce, self.sealed, self.aad)
        except (InvalidUnwrap, InvalidTag):
            raise DecryptionFailed("decryption failed") from None


def x963(z: bytes, shared_info: bytes) -> bytes:
    """One block of the ANSI X9.63 KDF: 32 bytes."""
    return hashlib.sha256(z + (1).to_bytes(4, "big") + shared_info).digest()


class CmsContent(NamedTuple):
    """What a sender of the CMS form chooses."""

    shared_info: bytes
    content_key: bytes
    nonce: bytes
    plaintext: bytes


def seal_cms(pk: Point, ephemeral: int, content: CmsContent) -> CmsCiphertext:
    """The sender's side with a given ephemeral secret."""
    shared, originator = not_identity(P256.mul(ephemeral, pk)), not_identity(P256.mul_base(ephemeral))
    kek = x963(scalar_bytes(shared.x), content.shared_info)
    sealed = AESGCM(content.content_key).encrypt(content.nonce, content.plaintext, b"")
    wrapped = aes_key_wrap(kek, content.content_key)
    return CmsCiphertext(originator, content.shared_info, wrapped, content.nonce, sealed)
