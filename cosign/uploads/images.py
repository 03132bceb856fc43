"""Pictures are decoded and written anew: what is not picture (EXIF, GPS, appended data, colour profiles) is gone."""

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from cosign.uploads.faults import UploadTooLarge, UploadTypeRefused
from cosign.uploads.model import MAX_PIXELS, MediaType

_FORMATS: Final = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
_QUALITY: Final = 88


def reencode(content: bytes, media_type: MediaType, *, longest_side: int) -> tuple[bytes, MediaType]:
    """Returns the picture alone, as PNG if it was one, else as JPEG, upright and no larger than `longest_side`.

    Only the decoder of the sniffed type is used, and the size is checked before a pixel is decoded.

    Raises:
        UploadTooLarge: More than 40 million pixels.
        UploadTypeRefused: It cannot be decoded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise UploadTooLarge(f"a picture has more than {MAX_PIXELS} pixels")
                if media_type is MediaType.JPEG and longest_side:
                    picture.draft("RGB", (longest_side, longest_side))
                return _written(ImageOps.exif_transpose(picture), media_type, longest_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UploadTooLarge(f"a picture has more than {MAX_PIXELS} pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError):
        raise UploadTypeRefused("the picture cannot be decoded") from None


def _written(picture: Image.Image, media_type: MediaType, longest_side: int) -> tuple[bytes, MediaType]:
    if longest_side:
        picture.thumbnail((longest_side, longest_side))
    out = io.BytesIO()
    if media_type is MediaType.PNG:
        mode = "RGBA" if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info else "RGB"
        _bare(picture, mode).save(out, "PNG", optimize=False)
        return out.getvalue(), MediaType.PNG
    _bare(picture, "RGB").save(out, "JPEG", quality=_QUALITY)
    return out.getvalue(), MediaType.JPEG


def _bare(picture: Image.Image, mode: str) -> Image.Image:
    """A copy of the pixels without anything that came with them."""
    converted = picture.convert(mode)
    bare = Image.new(mode, converted.size)
    bare.paste(converted)
    return bare
