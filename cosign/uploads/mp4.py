"""Whether an MP4 is a plain video: its boxes (ISO/IEC 14496-12) fit into each other, and it is not too long.

The content is looked at as it comes. Only the box that describes the movie is kept, at most 4 MiB; pictures and sound
are passed over.
"""

import struct
from collections.abc import Iterator
from typing import Final

from cosign.uploads.faults import ContentCause, UploadContentRefused

MAX_SECONDS: Final = 300
MAX_MOVIE_BYTES: Final = 4 * 1024 * 1024
MAX_BOXES: Final = 1_000
"""On any one level."""
MAX_TRACKS: Final = 8
_HEADER: Final = 16
"""Most bytes of a header."""
_TOP: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"udta", b"meta", b"pdin"})
"""What stands in a file that is not made of fragments."""


class Mp4Inspector:
    """Takes a content piece by piece. Each method raises UploadContentRefused with the cause."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._movie: bytearray | None = None
        self._left = 0
        """Bytes of the running box that are still to come."""
        self._to_end = False
        """The running box ends with the content."""
        self._kinds: list[bytes] = []

    def write(self, data: bytes) -> None:
        """The next bytes."""
        view = memoryview(data)
        while view:
            if self._to_end:
                return
            if self._left:
                taken = view[: self._left]
                if self._kinds[-1] == b"moov" and self._movie is not None:
                    self._movie += taken
                self._left -= len(taken)
                view = view[len(taken) :]
                continue
            taken = view[: _HEADER - len(self._held)]
            self._held += taken
            view = view[len(taken) :]
            if len(self._held) == _HEADER:
                self._open()

    def finish(self) -> None:
        """All bytes have come."""
        if self._left == 0 and len(self._held) >= 8 and not self._to_end:
            self._open()  # a last box that is shorter than the longest header
        if self._left or self._held or self._movie is None or b"mdat" not in self._kinds:
            raise UploadContentRefused(ContentCause.MALFORMED)
        _check_movie(bytes(self._movie))

    def _open(self) -> None:
        """Begins the box whose header is held, and takes what came behind the header."""
        size, kind, header = _header(bytes(self._held))
        behind = bytes(self._held[header:])
        first = not self._kinds
        self._kinds.append(kind)
        if kind not in _TOP or first != (kind == b"ftyp") or len(self._kinds) > MAX_BOXES:
            raise UploadContentRefused(ContentCause.MALFORMED)
        if size == 0:
            if kind != b"mdat":
                raise UploadContentRefused(ContentCause.MALFORMED)
            self._to_end = True
        if kind == b"moov":
            if self._movie is not None:
                raise UploadContentRefused(ContentCause.MALFORMED)
            if size > MAX_MOVIE_BYTES:
                raise UploadContentRefused(ContentCause.TOO_COMPLEX)
            self._movie = bytearray()
        self._held.clear()
        self._left = 0 if self._to_end else size - header
        self.write(behind)


def _header(data: bytes) -> tuple[int, bytes, int]:
    """Size with its header (0: to the end), kind, and length of the header."""
    if len(data) < 8:
        raise UploadContentRefused(ContentCause.MALFORMED)
    size, kind, header = int.from_bytes(data[:4]), data[4:8], 8
    if size == 1 and len(data) >= _HEADER:
        size, header = int.from_bytes(data[8:16]), _HEADER
    if size != 0 and size < header:
        raise UploadContentRefused(ContentCause.MALFORMED)
    return size, kind, header


def _children(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box; they fill `data` exactly."""
    for _ in range(MAX_BOXES):
        if not data:
            return
        size, kind, header = _header(data[:_HEADER])
        if not header <= size <= len(data):
            raise UploadContentRefused(ContentCause.MALFORMED)
        yield kind, data[header:size]
        data = data[size:]
    raise UploadContentRefused(ContentCause.TOO_COMPLEX)


def _check_movie(data: bytes) -> None:
    boxes = list(_children(data))
    tracks = [content for kind, content in boxes if kind == b"trak"]
    if len(tracks) > MAX_TRACKS:
        raise UploadContentRefused(ContentCause.TOO_COMPLEX)
    if any(kind == b"mvex" for kind, _ in boxes):  # the rest comes in fragments
        raise UploadContentRefused(ContentCause.MALFORMED)
    _check_duration(_only(boxes, b"mvhd"))
    pictures = 0
    for track in tracks:
        media = list(_children(_only(list(_children(track)), b"mdia")))
        _check_duration(_only(media, b"mdhd"))
        pictures += _only(media, b"hdlr")[8:12] == b"vide"
    if pictures == 0:
        raise UploadContentRefused(ContentCause.MALFORMED)


def _only(boxes: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    found = [content for kind, content in boxes if kind == wanted]
    if len(found) != 1:
        raise UploadContentRefused(ContentCause.MALFORMED)
    return found[0]


def _check_duration(data: bytes) -> None:
    """Of `mvhd` or `mdhd`, which begin alike."""
    try:
        times = ">4xQQIQ" if data[0] == 1 else ">4xIIII"
        _, _, scale, duration = struct.unpack_from(times, data)
    except (IndexError, struct.error):
        raise UploadContentRefused(ContentCause.MALFORMED) from None
    if scale == 0 or duration == 0:
        raise UploadContentRefused(ContentCause.MALFORMED)
    if duration > MAX_SECONDS * scale:
        raise UploadContentRefused(ContentCause.TOO_LONG)
