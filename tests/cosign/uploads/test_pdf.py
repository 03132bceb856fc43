"""Documents that are only paper, and those that are more or less."""

import contextlib
import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    RectangleObject,
    TextStringObject,
)

from cosign.uploads import pdf as area
from cosign.uploads.faults import ContentCause, UploadContentRefused
from cosign.uploads.pdf import MAX_PAGES, check_pdf
from tests.support.foreign_files import blank, pdf, written

N = NameObject


def cause(content: bytes) -> ContentCause:
    with pytest.raises(UploadContentRefused) as refused:
        check_pdf(content)
    assert refused.value.metadata == {"cause": refused.value.cause.value}
    return refused.value.cause


def action(kind: str, **more: TextStringObject) -> DictionaryObject:
    return DictionaryObject({N("/S"): N(kind)} | {N(f"/{key}"): value for key, value in more.items()})


def test_paper_passes() -> None:
    writer = blank(3)
    writer.add_outline_item(title="a chapter", page_number=1)
    writer.add_uri(page_number=0, uri="https://example.com/", rect=RectangleObject((0, 0, 10, 10)))
    writer.add_metadata({"/Title": "a form"})
    writer.root_object[N("/OpenAction")] = ArrayObject([NumberObject(0), N("/Fit")])
    check_pdf(written(writer))
    check_pdf(pdf())


def opens_with(kind: str) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        writer.root_object[N("/OpenAction")] = writer._add_object(action(kind))

    return change


def annotated(**entries: object) -> Callable[[PdfWriter], None]:
    def change(writer: PdfWriter) -> None:
        note = DictionaryObject({N(f"/{key}"): value for key, value in entries.items()})
        writer.pages[0][N("/Annots")] = ArrayObject([writer._add_object(note)])

    return change


def computing(writer: PdfWriter) -> None:
    writer.root_object[N("/AcroForm")] = DictionaryObject({N("/XFA"): TextStringObject("x")})


def attached(writer: PdfWriter) -> None:
    writer.add_attachment("a.txt", b"a")


def scripted(writer: PdfWriter) -> None:
    script = action("/JavaScript", JS=TextStringObject("app.alert(1)"))
    named = ArrayObject([TextStringObject("start"), script])
    writer.root_object[N("/Names")] = DictionaryObject({N("/JavaScript"): DictionaryObject({N("/Names"): named})})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (scripted, ContentCause.ACTIVE_CONTENT),
        (opens_with("/Launch"), ContentCause.ACTIVE_CONTENT),
        (opens_with("/SubmitForm"), ContentCause.ACTIVE_CONTENT),
        (annotated(A=action("/GoToR")), ContentCause.ACTIVE_CONTENT),
        (annotated(A=action("/Named", JS=TextStringObject("x"))), ContentCause.ACTIVE_CONTENT),
        (annotated(Subtype=N("/RichMedia")), ContentCause.ACTIVE_CONTENT),
        (computing, ContentCause.ACTIVE_CONTENT),
        (attached, ContentCause.EMBEDDED_FILE),
        (annotated(Subtype=N("/FileAttachment")), ContentCause.EMBEDDED_FILE),
        (lambda writer: writer.encrypt("secret"), ContentCause.ENCRYPTED),
        (lambda writer: writer.encrypt(""), ContentCause.ENCRYPTED),
    ],
)
def test_what_is_more_than_paper_is_refused(change: Callable[[PdfWriter], None], expected: ContentCause) -> None:
    """R-IDV-16: whoever looks at a document must not run what its sender put into it."""
    writer = blank()
    change(writer)
    assert cause(written(writer)) is expected


def test_names_written_otherwise_are_names() -> None:
    """`/#4AS` is `/JS`: found by the parser, where a search for the word would not find it."""
    content = pdf().replace(b"/Pages 2 0 R >>", b"/Pages 2 0 R /A << /#4AS (x) >> >>", 1)
    assert cause(content) is ContentCause.ACTIVE_CONTENT


def test_what_is_broken_is_refused() -> None:
    whole = pdf()
    for content in (b"%PDF-1.7", b"%PDF-1.7\n" + bytes(500), whole[:300], whole.replace(b"/Page ", b"/Pxge ")):
        assert cause(content) is ContentCause.MALFORMED


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cause(written(blank(MAX_PAGES + 1))) is ContentCause.TOO_LONG
    ticks = itertools.count(step=area.MAX_SECONDS)
    with pytest.raises(UploadContentRefused) as slow:
        check_pdf(pdf(), now=lambda: float(next(ticks)))
    assert slow.value.cause is ContentCause.TOO_COMPLEX
    monkeypatch.setattr(area, "MAX_OBJECTS", 3)
    assert cause(pdf()) is ContentCause.TOO_COMPLEX


def test_a_circle_ends() -> None:
    writer = blank()
    one = writer._add_object(DictionaryObject())
    assert isinstance(one, IndirectObject)
    held = one.get_object()
    assert isinstance(held, DictionaryObject)
    held[N("/Again")] = one
    writer.root_object[N("/Circle")] = one
    check_pdf(written(writer))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_raises_nothing_else(data: st.DataObject) -> None:
    content = bytearray(pdf())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(9, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UploadContentRefused):
        check_pdf(bytes(content))
