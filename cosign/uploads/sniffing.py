"""What a content is, by its first bytes; names and declared types are not looked at."""

from typing import Final

from cosign.uploads.model import MediaType

HEAD_BYTES: Final = 16
"""How many bytes `sniff` wants, or the whole content if it is shorter."""
_MP4_BRANDS: Final = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"qt  ")


def sniff(head: bytes) -> MediaType | None:
    """The type of a content that begins with `head`; None if it is none that anybody may upload."""
    if head.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return MediaType.WEBP
    if head.startswith(b"%PDF-"):
        return MediaType.PDF
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
        return MediaType.MP4
    return None
