"""CMS messages to a P-256 key, as OpenSSL writes them: AuthEnvelopedData with key agreement (RFC 5083, RFC 5753).

One form is read, the strict one: ephemeral-static ECDH with the X9.63 KDF over SHA-256, AES-256 key wrap and
AES-256-GCM with a 16-byte tag. Its tag decides, so the phone may trust what it opens (ECDH-2)::

    openssl cms -encrypt -aes-256-gcm -binary -outform DER -recip cert.pem -keyopt ecdh_kdf_md:sha256

Public data only: opening happens in the native core.
"""

from typing import Final

from protocol._der import OCTET_STRING, SEQUENCE, Reader, element
from protocol.errors import MalformedMessage
from protocol.phone import EcdhCiphertext

__all__ = ["recipient"]

_BIT_STRING, _OID, _SET = 0x03, 0x06, 0x31
_CONTEXT, _CONSTRUCTED = 0x80, 0xA0
_AUTH_ENVELOPED: Final = bytes.fromhex("2a864886f70d0109100117")
"""id-ct-authEnvelopedData."""
_EC_PUBLIC_KEY: Final = bytes.fromhex("2a8648ce3d0201")
_STD_DH_SHA256: Final = bytes.fromhex("2b8104010b01")
"""dhSinglePass-stdDH-sha256kdf-scheme."""
_AES256_WRAP: Final = bytes.fromhex("60864801650304012d")
_AES256_GCM: Final = bytes.fromhex("60864801650304012e")
_KEK_BITS: Final = (256).to_bytes(4, "big")


def recipient(der: bytes) -> EcdhCiphertext:
    """What the core needs to open a message with exactly one recipient.

    Raises:
        MalformedMessage: Another form, several recipients, or not DER.
        MalformedPoint: The ephemeral key is not on the curve.
    """
    outer = Reader(der)
    content_info = Reader(outer.element(SEQUENCE))
    outer.end()
    _expect(content_info.element(_OID) == _AUTH_ENVELOPED, "content type")
    explicit = Reader(content_info.element(_CONSTRUCTED))
    content_info.end()
    data = Reader(explicit.element(SEQUENCE))
    explicit.end()
    _expect(data.integer(1) == b"\0", "version")
    originator, shared_info, wrapped_key = _agreement(data.element(_SET))
    nonce, ciphertext = _content(data.element(SEQUENCE))
    attributes = data.optional(_CONSTRUCTED | 1)
    tag = data.element(OCTET_STRING)
    _expect(len(tag) == 16, "tag")
    data.optional(_CONSTRUCTED | 2)  # unauthenticated attributes say nothing about the content
    data.end()
    return EcdhCiphertext.cms(
        originator=originator,
        shared_info=shared_info,
        wrapped_key=wrapped_key,
        nonce=nonce,
        aad=b"" if attributes is None else element(_SET, attributes),
        sealed=ciphertext + tag,
    )


def _agreement(recipients: bytes) -> tuple[bytes, bytes, bytes]:
    """Ephemeral key, ECC-CMS-SharedInfo and wrapped key of the only recipient (RFC 5753, section 3.1.1)."""
    infos = Reader(recipients)
    info = Reader(infos.element(_CONSTRUCTED | 1))
    infos.end()
    _expect(info.integer(1) == b"\3", "recipient version")
    explicit = Reader(info.element(_CONSTRUCTED))
    originator_key = Reader(explicit.element(_CONSTRUCTED | 1))
    explicit.end()
    algorithm = Reader(originator_key.element(SEQUENCE))
    _expect(algorithm.element(_OID) == _EC_PUBLIC_KEY, "originator key")
    point = originator_key.element(_BIT_STRING)
    originator_key.end()
    _expect(point[:1] == b"\0", "originator key")
    ukm = info.optional(_CONSTRUCTED | 1)
    scheme = Reader(info.element(SEQUENCE))
    _expect(scheme.element(_OID) == _STD_DH_SHA256, "key derivation")
    wrap = scheme.element(SEQUENCE)
    scheme.end()
    _expect(Reader(wrap).element(_OID) == _AES256_WRAP, "key wrap")
    encrypted_keys = Reader(info.element(SEQUENCE))
    info.end()
    encrypted_key = Reader(encrypted_keys.element(SEQUENCE))
    encrypted_keys.end()
    encrypted_key.any()  # the identifier of the recipient
    wrapped_key = encrypted_key.element(OCTET_STRING)
    encrypted_key.end()
    _expect(len(wrapped_key) == 40, "wrapped key")
    entity = b"" if ukm is None else element(_CONSTRUCTED, ukm)
    bits = element(_CONSTRUCTED | 2, element(OCTET_STRING, _KEK_BITS))
    return point[1:], element(SEQUENCE, element(SEQUENCE, wrap) + entity + bits), wrapped_key


def _content(encrypted: bytes) -> tuple[bytes, bytes]:
    """Nonce and ciphertext of the EncryptedContentInfo (RFC 5084)."""
    info = Reader(encrypted)
    info.element(_OID)
    algorithm = Reader(info.element(SEQUENCE))
    _expect(algorithm.element(_OID) == _AES256_GCM, "content cipher")
    parameters = Reader(algorithm.element(SEQUENCE))
    algorithm.end()
    nonce = parameters.element(OCTET_STRING)
    _expect(len(nonce) == 12 and parameters.integer(1) == b"\x10", "nonce or tag length")
    parameters.end()
    ciphertext = info.element(_CONTEXT)
    info.end()
    return nonce, ciphertext


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise MalformedMessage(f"CMS: unexpected {what}")
