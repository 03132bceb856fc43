"""Forms of a public key, alike on every curve: compressed, uncompressed, SPKI and PEM (SEC 1, RFC 5480)."""

from typing import Final

from protocol import _core
from protocol._pem import pem, unpem
from protocol.errors import MalformedMessage

_UNCOMPRESSED: Final = 65


class PublicKeyForms:
    """Conversions for the keys of one suite."""

    def __init__(self, suite: str, prefix: bytes, kind: str) -> None:
        """
        Args:
            suite: Name of the suite, as the core knows it.
            prefix: DER of a SubjectPublicKeyInfo up to the 65 bytes of the point.
            kind: What a refusal calls such a key, with its article.
        """
        self._suite = suite
        self._prefix = prefix
        self._kind = kind

    def check_point(self, pk: bytes) -> None:
        """Accepts exactly the encodings of ENC-1: 33 bytes, prefix 02 or 03, on the curve. Raises MalformedPoint."""
        _core.point_check(self._suite, pk)

    def uncompress(self, pk: bytes) -> bytes:
        """33 bytes to 65 bytes 04 ‖ x ‖ y. Raises MalformedPoint."""
        return _core.point_uncompressed(self._suite, pk)

    def compress(self, point: bytes) -> bytes:
        """65 bytes 04 ‖ x ‖ y to 33 bytes. Raises MalformedPoint, also for a point off the curve."""
        return _core.point_compressed(self._suite, point)

    def public_key_to_der(self, pk: bytes) -> bytes:
        """33-byte public key to a SubjectPublicKeyInfo (id-ecPublicKey, curve by OID). Raises MalformedPoint."""
        return self._prefix + self.uncompress(pk)

    def public_key_from_der(self, der: bytes) -> bytes:
        """SubjectPublicKeyInfo to the 33 bytes.

        Raises:
            MalformedMessage: Another key type, another curve given by OID, or not DER.
            MalformedPoint: Not a point of the curve.
        """
        if len(der) != len(self._prefix) + _UNCOMPRESSED or not der.startswith(self._prefix):
            raise MalformedMessage(f"not the SubjectPublicKeyInfo of {self._kind}")
        return self.compress(der[len(self._prefix) :])

    def public_key_to_pem(self, pk: bytes) -> str:
        """33-byte public key to PEM text that OpenSSL reads. Raises MalformedPoint."""
        return pem(self.public_key_to_der(pk))

    def public_key_from_pem(self, text: str) -> bytes:
        """PEM text to the 33-byte public key. Raises like `public_key_from_der`."""
        return self.public_key_from_der(unpem(text))
