"""Documents and videos as users send them, and as they should not."""

import io

from pypdf import PdfWriter


def pdf(length: int = 1_000, *, text: str = "") -> bytes:
    """A document of one blank page and `length` bytes, at least 1,000: `text` as a comment, and what fills it up."""
    filling = length
    assert len(_pdf(text, 0)) <= length, "no document is as short as that"
    while len(made := _pdf(text, filling)) > length:
        filling -= len(made) - length
    return made + b"\n" * (length - len(made))


def _pdf(text: str, filling: int) -> bytes:
    out = bytearray(b"%PDF-1.7\n%" + text.encode() + b"\n")
    places = []
    for number, content in enumerate(
        (
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
            b"<< /Length %d >>\nstream\n" % filling + bytes(range(256)) * (filling // 256) + bytes(filling % 256),
        ),
        start=1,
    ):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + (b"\nendstream" if number == 4 else b"") + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + table
    return bytes(out + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start)


def blank(pages: int = 1) -> PdfWriter:
    """To be changed, and then `written`."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    return writer


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of ISO/IEC 14496-12."""
    body = b"".join(content)
    return (len(body) + 8).to_bytes(4) + kind + body


def long_box(kind: bytes, *content: bytes) -> bytes:
    """The same with a size of 64 bits."""
    body = b"".join(content)
    return (1).to_bytes(4) + kind + (len(body) + 16).to_bytes(8) + body


def clock_box(kind: bytes, *, seconds: float = 2.0, scale: int = 600, version: int = 0) -> bytes:
    """`mvhd` or `mdhd` up to the duration, and something behind it."""
    width = 8 if version else 4
    duration = round(seconds * scale).to_bytes(width)
    return box(kind, bytes([version, 0, 0, 0]), bytes(2 * width), scale.to_bytes(4), duration, bytes(80))


def track(handler: bytes = b"vide", *, seconds: float = 2.0) -> bytes:
    named = box(b"hdlr", bytes(8), handler, bytes(13))
    return box(b"trak", box(b"mdia", clock_box(b"mdhd", seconds=seconds), named, box(b"minf")))


def movie(*tracks: bytes, seconds: float = 2.0, version: int = 0) -> bytes:
    return box(b"moov", clock_box(b"mvhd", seconds=seconds, version=version), *(tracks or (track(), track(b"soun"))))


FTYP = box(b"ftyp", b"isom", bytes(4), b"isommp41")


def mp4(*, length: int = 1_000) -> bytes:
    """A video whose pictures are noughts; its description comes last, as phones write it."""
    return FTYP + box(b"mdat", bytes(length)) + movie()
