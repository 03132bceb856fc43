"""Videos in one piece, and what is none."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosign.uploads.faults import ContentCause, UploadContentRefused
from cosign.uploads.mp4 import MAX_MOVIE_BYTES, MAX_SECONDS, Mp4Inspector
from tests.support.foreign_files import FTYP, box, clock_box, long_box, movie, mp4, track

MDAT = box(b"mdat", bytes(100))


def look(content: bytes, step: int = 7) -> None:
    inspector = Mp4Inspector()
    for start in range(0, len(content), step):
        inspector.write(content[start : start + step])
    inspector.finish()


@pytest.mark.parametrize("step", [1, 15, 16, 17, 100_000])
@pytest.mark.parametrize(
    "content",
    [
        mp4(),
        FTYP + movie() + MDAT,
        FTYP + box(b"free") + long_box(b"mdat", bytes(100)) + movie(version=1),
        FTYP + movie() + (0).to_bytes(4) + b"mdat" + bytes(100),
        FTYP + MDAT + movie() + box(b"free"),
        FTYP + MDAT + movie(seconds=MAX_SECONDS),
    ],
)
def test_videos_pass_however_they_come(content: bytes, step: int) -> None:
    """R-IDV-11: the kinds of files that phones write."""
    look(content, step)


M, L, C = ContentCause.MALFORMED, ContentCause.TOO_LONG, ContentCause.TOO_COMPLEX


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", M),
        (FTYP, M),
        (FTYP + MDAT, M),
        (FTYP + movie(), M),
        (movie() + FTYP + MDAT, M),
        (mp4()[:-1], M),
        (mp4() + b"more", M),
        (mp4() + b"appended text", M),
        (FTYP + MDAT + movie() + movie(), M),
        (FTYP + MDAT + movie() + box(b"moof"), M),
        (FTYP + MDAT + (0).to_bytes(4) + b"moov" + movie()[8:], M),
        (FTYP + (4).to_bytes(4) + b"mdat" + movie(), M),
        (FTYP + MDAT + (1).to_bytes(4) + b"moov" + (9).to_bytes(8), M),
        (FTYP + MDAT + movie(track(b"soun")), M),
        (FTYP + MDAT + movie(seconds=0), M),
        (FTYP + MDAT + box(b"moov", clock_box(b"mvhd", scale=0), track()), M),
        (FTYP + MDAT + box(b"moov", box(b"mvhd", bytes(3)), track()), M),
        (FTYP + MDAT + box(b"moov", track()), M),
        (FTYP + MDAT + box(b"moov", clock_box(b"mvhd"), track(), box(b"mvex")), M),
        (FTYP + MDAT + box(b"moov", clock_box(b"mvhd"), track()[:-8]), M),
        (FTYP + MDAT + movie(seconds=MAX_SECONDS + 1), L),
        (FTYP + MDAT + movie(track(seconds=MAX_SECONDS + 1)), L),
        (FTYP + MDAT + movie(*[track()] * 9), C),
        (FTYP + MDAT + (MAX_MOVIE_BYTES + 1).to_bytes(4) + b"moov" + bytes(100), C),
        (FTYP + box(b"free") * 1_001 + MDAT + movie(), M),
    ],
)
def test_what_is_no_plain_video_is_refused(content: bytes, cause: ContentCause) -> None:
    with pytest.raises(UploadContentRefused) as refused:
        look(content)
    assert refused.value.cause is cause


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damage_raises_nothing_else(data: st.DataObject) -> None:
    content = bytearray(mp4(length=20))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    step = data.draw(st.integers(1, 40))
    with contextlib.suppress(UploadContentRefused):
        look(bytes(content), step)
