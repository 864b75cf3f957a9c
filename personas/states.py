"""How a picture that was asked for may come about.

waiting → drawing → done · failed; what a lost worker left drawing is drawn again.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.core.states import Transitions


class DrawingStatus(TextChoices):
    WAITING = "waiting", _("waiting")
    DRAWING = "drawing", _("being drawn")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


_D = DrawingStatus
DRAWING = Transitions(
    {
        _D.WAITING: (_D.DRAWING, _D.FAILED),
        _D.DRAWING: (_D.DRAWING, _D.DONE, _D.FAILED),
        _D.DONE: (),
        _D.FAILED: (),
    }
)
