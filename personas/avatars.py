"""Drawing a face for a secretary without any model: the same words always give the same picture.

It is drawn four times too large and made small, so that every edge is smooth; nothing but plain shapes and calm colours.
"""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from foundation.core.images import SIDE

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

STYLES = {"portrait": _("Portrait"), "shapes": _("Shapes"), "ink": _("Ink")}
USUAL_STYLE = "portrait"
LARGE = SIDE * 4
GROUNDS = ("#dbe7f3", "#e3eedd", "#ece3f2", "#f5e9d6", "#f1dfd8", "#dcecec", "#f3ecdb", "#dfe4e8")
CLOTHES = ("#2b4a78", "#3d6b4f", "#6a4a7d", "#8a5a2b", "#7a3b3b", "#2f6470", "#4a4f57", "#5b5f2b")
SKINS = ("#f3d3b7", "#e8bf9a", "#d9a679", "#b97e55", "#8d5a3b", "#f6dcc6")
HAIRS = ("#2a2320", "#4a352a", "#6d4c33", "#8c8681", "#1f2430", "#5a2f24")
INK = "#23262b"


class _Dice:
    """Numbers out of a text: the same text, the same numbers in the same order."""

    def __init__(self, text: str) -> None:
        self._bytes = list(hashlib.sha512(text.encode()).digest())

    def of(self, count: int) -> int:
        self._bytes.append(self._bytes.pop(0))
        return self._bytes[0] % count

    def one[T](self, choices: Sequence[T]) -> T:
        return choices[self.of(len(choices))]


def draw(words: str, style: str = USUAL_STYLE) -> bytes:
    """256 × 256 pixels of WebP. `words` are all that the picture depends on, besides one of STYLES."""
    from PIL import Image, ImageDraw  # late: most processes never see a picture

    dice = _Dice(f"{style}\n{words}")
    image = Image.new("RGB", (LARGE, LARGE), "#f4f2ee" if style == "ink" else dice.one(GROUNDS))
    {"portrait": _portrait, "shapes": _shapes, "ink": _ink}[style](ImageDraw.Draw(image), dice)
    drawn = BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(drawn, "WEBP", quality=90, method=4)
    return drawn.getvalue()


def _portrait(pen: "ImageDraw", dice: _Dice) -> None:
    skin, hair, cloth = dice.one(SKINS), dice.one(HAIRS), dice.one(CLOTHES)
    long_hair, fringe = dice.of(3), dice.of(3)
    if long_hair == 0:
        pen.rounded_rectangle(_box(300, 250, 724, 760), 190, fill=hair)
    pen.ellipse(_box(172, 700, 852, 1400), fill=cloth)
    pen.rounded_rectangle(_box(440, 600, 584, 800), 70, fill=_darker(skin))
    pen.polygon([(430, 735), (594, 735), (512, 850)], fill=skin)
    pen.ellipse(_box(330, 250, 694, 700), fill=skin)
    for x in (326, 698):
        pen.ellipse(_box(x - 32, 440, x + 32, 530), fill=skin)
    pen.pieslice(_box(312, 200, 712, 640), 180, 360, fill=hair)
    _fringe(pen, fringe, hair, skin)
    _eyes(pen, dice, INK)
    smile = 18 + dice.of(4) * 8
    pen.arc(_box(452, 560 - smile, 572, 610 + smile // 2), 25, 155, fill=_darker(_darker(skin)), width=11)


def _fringe(pen: "ImageDraw", kind: int, hair: str, skin: str) -> None:
    if kind == 0:
        pen.pieslice(_box(312, 260, 560, 560), 180, 300, fill=hair)
    elif kind == 1:
        pen.chord(_box(322, 250, 702, 520), 195, 345, fill=hair)
    else:
        pen.ellipse(_box(370, 330, 654, 560), fill=skin)


def _eyes(pen: "ImageDraw", dice: _Dice, colour: str) -> None:
    glasses, size = dice.of(3) == 0, 15 + dice.of(3) * 2
    for x in (440, 584):
        pen.ellipse(_box(x - size, 470 - size, x + size, 470 + size), fill=colour)
        pen.line([(x - 34, 425), (x + 34, 420 + dice.of(3) * 6)], fill=colour, width=10)
        if glasses:
            pen.ellipse(_box(x - 58, 412, x + 58, 528), outline=colour, width=9)
    if glasses:
        pen.line([(498, 470), (526, 470)], fill=colour, width=9)


def _shapes(pen: "ImageDraw", dice: _Dice) -> None:
    """Half of a grid of shapes, and its mirror image."""
    cell = LARGE // 5
    colours = [dice.one(CLOTHES), dice.one(CLOTHES)]
    for column in range(3):
        for row in range(5):
            kind, colour = dice.of(4), dice.one(colours)
            for x in {column, 4 - column}:
                _shape(
                    pen,
                    kind,
                    (x * cell + 16, row * cell + 16, (x + 1) * cell - 16, (row + 1) * cell - 16),
                    colour,
                )


def _shape(pen: "ImageDraw", kind: int, box: tuple[int, int, int, int], colour: str) -> None:
    left, top, right, bottom = box
    if kind == 0:
        pen.ellipse(box, fill=colour)
    elif kind == 1:
        pen.rounded_rectangle(box, 30, fill=colour)
    elif kind == 2:
        pen.polygon([((left + right) // 2, top), (right, bottom), (left, bottom)], fill=colour)


def _ink(pen: "ImageDraw", dice: _Dice) -> None:
    """A face of few lines."""
    pen.arc(_box(300, 230, 724, 730), 0, 360, fill=INK, width=14)
    pen.arc(_box(150, 740, 874, 1400), 180, 360, fill=INK, width=14)
    for number in range(5 + dice.of(5)):
        start = 195 + number * 16 + dice.of(5)
        pen.arc(
            _box(300 + number * 8, 205 - dice.of(30), 724 - number * 6, 560),
            start,
            start + 60,
            fill=INK,
            width=12,
        )
    _eyes(pen, dice, INK)
    pen.line([(512, 490), (500 + dice.of(20), 560), (520, 566)], fill=INK, width=9)
    pen.arc(_box(452, 560, 572, 640), 20 + dice.of(20), 150, fill=INK, width=11)


def _box(*corners: int) -> tuple[int, ...]:
    return corners


def _darker(colour: str) -> str:
    parts: Any = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{int(part * 0.86):02x}" for part in parts)
