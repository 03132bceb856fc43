"""Strict DER for what SM2 files and CMS messages are made of: elements with one-byte tags, INTEGER as numbers.

Definite, minimal lengths; non-negative minimal integers; nothing behind the end. Anything else is `MalformedMessage`.
"""

from protocol.errors import MalformedMessage

INTEGER = 0x02
OCTET_STRING = 0x04
SEQUENCE = 0x30


def element(tag: int, content: bytes) -> bytes:
    """One element with a one-byte tag."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def integer(value: bytes) -> bytes:
    """A non-negative INTEGER given as big-endian bytes of any length."""
    digits = value.lstrip(b"\0") or b"\0"
    return element(INTEGER, (b"\0" if digits[0] & 0x80 else b"") + digits)


class Reader:
    """Reads elements one after another from one piece of DER."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def _take(self, count: int) -> bytes:
        piece = self._data[self._position : self._position + count]
        if len(piece) != count:
            raise MalformedMessage("truncated DER")
        self._position += count
        return piece

    def element(self, tag: int) -> bytes:
        """Content of the next element, which must have this tag."""
        if self._take(1)[0] != tag:
            raise MalformedMessage("unexpected DER tag")
        length = self._take(1)[0]
        if length >= 0x80:
            size = self._take(length & 0x7F) if 0x80 < length <= 0x84 else b""
            length = int.from_bytes(size, "big")
            if length < 0x80 or size[0] == 0:
                raise MalformedMessage("DER length is not minimal")
        return self._take(length)

    def optional(self, tag: int) -> bytes | None:
        """Content of the next element if it has this tag."""
        following = self._data[self._position : self._position + 1]
        return self.element(tag) if following == bytes([tag]) else None

    def any(self) -> bytes:
        """Content of the next element, whatever its tag."""
        return self.element((self._data[self._position : self._position + 1] or b"\0")[0])

    def integer(self, width: int) -> bytes:
        """The next INTEGER as exactly `width` big-endian bytes; negative or wider ones are refused."""
        content = self.element(INTEGER)
        if not content or content[0] & 0x80 or (len(content) > 1 and content[0] == 0 and not content[1] & 0x80):
            raise MalformedMessage("DER integer is negative or not minimal")
        value = content.lstrip(b"\0")
        if len(value) > width:
            raise MalformedMessage("DER integer is too large")
        return value.rjust(width, b"\0")

    def end(self) -> None:
        """Refuses anything behind the last element."""
        if self._position != len(self._data):
            raise MalformedMessage("data behind the end of DER")
