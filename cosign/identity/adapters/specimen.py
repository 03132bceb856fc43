"""Specimens of identity cards for development: pictures that hold their values as black and white squares.

A reader of real cards cannot stand in a sandbox, and pictures of real cannot stand in a repository. Squares of 8 pixels
survive what the service does with uploaded pictures.

    front   name, number, sex, birth, ethnic group, address
    back    issuing authority, last day
"""

import io
import json
import zlib
from collections.abc import Mapping
from typing import Final

from PIL import Image

_SQUARE: Final = 8
_ACROSS: Final = 80
_DOWN: Final = 50
_ROOM: Final = _ACROSS * _DOWN // 8
_HEAD: Final = 6
"""Bytes before the text: length (2) and CRC-32 (4)."""


def draw(values: Mapping[str, str]) -> bytes:
    """A picture as PNG, 640 by 400 pixels. Raises ValueError for more than 494 bytes of JSON."""
    text = json.dumps(dict(values), ensure_ascii=False).encode()
    if len(text) > _ROOM - _HEAD:
        raise ValueError("too much for one side of a card")
    content = len(text).to_bytes(2) + zlib.crc32(text).to_bytes(4) + text
    small = Image.frombytes("1", (_ACROSS, _DOWN), content.ljust(_ROOM, b"\0"))
    picture = io.BytesIO()
    small.resize((_ACROSS * _SQUARE, _DOWN * _SQUARE), Image.Resampling.NEAREST).save(picture, "PNG")
    return picture.getvalue()


def read(picture: bytes) -> dict[str, str]:
    """What `draw` wrote. Raises ValueError for any other picture."""
    try:
        image = Image.open(io.BytesIO(picture)).convert("L")
    except OSError:
        raise ValueError("no picture") from None
    if image.size != (_ACROSS * _SQUARE, _DOWN * _SQUARE):
        raise ValueError("no specimen")
    small = image.resize((_ACROSS, _DOWN), Image.Resampling.BOX).point(lambda grey: 255 * (grey > 127))
    content = small.convert("1", dither=Image.Dither.NONE).tobytes()
    length, check = int.from_bytes(content[:2]), int.from_bytes(content[2:_HEAD])
    text = content[_HEAD : _HEAD + length]
    if len(text) != length or zlib.crc32(text) != check:
        raise ValueError("no specimen, or blurred")
    return {str(name): str(value) for name, value in json.loads(text).items()}
