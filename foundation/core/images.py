"""Pictures from outside, made harmless: looked at before they are decoded, decoded within limits, drawn anew."""

from io import BytesIO
from typing import IO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Invalid

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 25_000_000
MAX_SIDE = 8_000
SIDE = 256
"""Width and height of what comes out, in pixels."""

TOO_LARGE = _("The picture is larger than 5 MB. Choose a smaller one.")
TOO_WIDE = _("The picture has too many pixels. Choose one of up to 8,000 on a side and 25 million in all.")
NO_PICTURE = _("This is not a picture that can be read. Choose a PNG, JPEG, WebP or GIF file.")


def portrait(file: IO[bytes]) -> bytes:
    """The first picture in `file`, cut to its middle square: 256 × 256 pixels, WebP, without any metadata.

    Raises Invalid (details name `icon`) for what is too large, no picture, or of another format; SVG is none of them.
    """
    from PIL import Image, ImageOps  # late: most processes never see a picture

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _refused(TOO_LARGE)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(*image.size)
            image.draft("RGB", (2 * SIDE, 2 * SIDE))  # of a JPEG, no more is decoded than is needed
            ImageOps.exif_transpose(image, in_place=True)
            # 25 million pixels are 100 MB: whatever can be made small as it is, is not copied at full size first.
            ready = image.mode in ("RGB", "L") and "transparency" not in image.info
            small = ImageOps.fit(
                image if ready else image.convert("RGBA"), (SIDE, SIDE), Image.Resampling.LANCZOS
            ).convert("RGBA")
    except Invalid:
        raise
    except Image.DecompressionBombError as error:
        raise _refused(TOO_WIDE) from error
    except Exception as error:  # a hostile file breaks a decoder in its own way
        raise _refused(NO_PICTURE) from error
    drawn = BytesIO()
    small.save(drawn, "WEBP", quality=86, method=4)
    return drawn.getvalue()


def _check_size(width: int, height: int) -> None:
    """By the header alone: nothing is decoded yet."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise _refused(TOO_WIDE)


def _refused(message: str | Promise) -> Invalid:
    return Invalid(str(message), details={"icon": [str(message)]})
