"""Whether a PDF is only paper: it opens, is not encrypted, holds no programs, actions or other files.

Every object that a reader can come to is looked at; nothing is decoded but what holds objects. Work is bounded by
numbers of objects and pages, and by time.
"""

import io
import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, PdfObject

from cosign.uploads.faults import ContentCause, UploadContentRefused

MAX_PAGES: Final = 500
MAX_OBJECTS: Final = 20_000
MAX_SECONDS: Final = 10.0
_ACTIONS: Final = frozenset(
    {
        *("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE"),
        *("/Rendition", "/Sound", "/Movie", "/RichMediaExecute", "/GoTo3DView"),
    }
)
"""ISO 32000-2, 12.6.4: actions that run programs, leave the document, or send its data."""
_PLAYERS: Final = frozenset({"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})
"""Annotations that play something."""
_STRUCTURE: Final = "/StructTreeRoot"
"""Tells of headings and tables: often more objects than all else, and no actions."""
_TOKENS: Final = {
    b"/JavaScript": ContentCause.ACTIVE_CONTENT,
    b"/Launch": ContentCause.ACTIVE_CONTENT,
    b"/EmbeddedFile": ContentCause.EMBEDDED_FILE,
}
"""Refused wherever they stand: another program may find objects that the one used here does not."""

logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # its warnings may quote the document


def check_pdf(content: bytes, *, now: Callable[[], float] = time.monotonic) -> None:
    """Looks at a whole document; `now` are seconds from any start.

    Raises:
        UploadContentRefused: With the cause.
    """
    for token, cause in _TOKENS.items():
        if token in content:
            raise UploadContentRefused(cause)
    try:
        _check(content, now() + MAX_SECONDS, now)
    except UploadContentRefused:
        raise
    # The parser tells of broken documents by whatever breaks first in it.
    except (PyPdfError, ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError, OSError):
        raise UploadContentRefused(ContentCause.MALFORMED) from None


def _check(content: bytes, end: float, now: Callable[[], float]) -> None:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if "/Encrypt" in reader.trailer:
        raise UploadContentRefused(ContentCause.ENCRYPTED)
    pages = 0
    for objects, found in enumerate(_reachable(reader), start=1):
        if objects > MAX_OBJECTS or now() > end:
            raise UploadContentRefused(ContentCause.TOO_COMPLEX)
        if isinstance(found, DictionaryObject):
            _check_dictionary(found)
            pages += found.get("/Type") == "/Page"
            if pages > MAX_PAGES:
                raise UploadContentRefused(ContentCause.TOO_LONG)
    if pages == 0:
        raise UploadContentRefused(ContentCause.MALFORMED)


def _reachable(reader: PdfReader) -> Iterator[PdfObject]:
    """Dictionaries and arrays from the root on, each once."""
    waiting: list[PdfObject] = [reader.trailer.raw_get("/Root")]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one: PdfObject | None = waiting.pop()
        if isinstance(one, IndirectObject):
            name = (one.idnum, one.generation)
            if name in seen:
                continue
            seen.add(name)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            yield one
            waiting += [one.raw_get(key) for key in one if key != _STRUCTURE]
        elif isinstance(one, ArrayObject):
            yield one
            waiting += list.__iter__(one)


def _check_dictionary(found: DictionaryObject) -> None:
    if "/JS" in found or "/JavaScript" in found or "/XFA" in found:
        raise UploadContentRefused(ContentCause.ACTIVE_CONTENT)
    if "/EmbeddedFiles" in found or "/EF" in found or found.get("/Subtype") == "/FileAttachment":
        raise UploadContentRefused(ContentCause.EMBEDDED_FILE)
    kind, subtype = found.get("/S"), found.get("/Subtype")
    if isinstance(kind, NameObject) and kind in _ACTIONS:
        raise UploadContentRefused(ContentCause.ACTIVE_CONTENT)
    if isinstance(subtype, NameObject) and subtype in _PLAYERS:
        raise UploadContentRefused(ContentCause.ACTIVE_CONTENT)
