"""Integers, TLV and a strict reader (ENC-4, ENC-5)."""

from collections.abc import Sequence

from protocol.errors import MalformedMessage


def u8(value: int) -> bytes:
    """One byte."""
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """Two bytes, big-endian."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes, big-endian."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Eight bytes, big-endian."""
    return value.to_bytes(8, "big")


def tlv(fields: Sequence[bytes]) -> bytes:
    """ENC-4: u32 length ‖ bytes for each field."""
    return b"".join(u32(len(field)) + field for field in fields)


class Reader:
    """Takes a byte string apart from the front; every shortage is MalformedMessage."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        piece = self._data[self._position : self._position + count]
        if len(piece) != count:
            raise MalformedMessage("message is too short")
        self._position += count
        return piece

    def number(self, width: int) -> int:
        """The next `width` bytes as a big-endian number."""
        return int.from_bytes(self.take(width), "big")

    def field(self) -> bytes:
        """The next TLV field."""
        return self.take(self.number(4))

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self._data) - self._position)

    def end(self) -> None:
        """Refuses left-over bytes."""
        if self._position != len(self._data):
            raise MalformedMessage("message is too long")


def read_tlv(data: bytes, count: int) -> list[bytes]:
    """Exactly `count` TLV fields and nothing else."""
    reader = Reader(data)
    fields = [reader.field() for _ in range(count)]
    reader.end()
    return fields
