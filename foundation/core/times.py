"""Times as people read them. Pure: local, aware datetimes go in."""

from datetime import datetime

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

WEEKDAYS = "月火水木金土日"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def exact(moment: datetime) -> str:
    """`2026年11月23日（月）14:05`, in English `Mon 23 Nov 2026, 14:05`."""
    if _japanese():
        day = f"{moment.year}年{moment.month}月{moment.day}日（{WEEKDAYS[moment.weekday()]}）"
        return f"{day}{moment:%H:%M}"
    return f"{moment:%a} {moment.day} {moment:%b} {moment:%Y, %H:%M}"


def relative(moment: datetime, now: datetime) -> str:
    """How long ago, within a day; the date alone further back, without the year when it is this one."""
    seconds = int((now - moment).total_seconds())
    if seconds < -MINUTE or seconds >= DAY:
        return _day(moment, now)
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        minutes = seconds // MINUTE
        return ngettext("%d minute ago", "%d minutes ago", minutes) % minutes
    hours = seconds // HOUR
    return ngettext("%d hour ago", "%d hours ago", hours) % hours


def duration(milliseconds: int | None) -> str:
    """Rounded for reading: `0.8 s`, `42 s`, `3 min`."""
    if milliseconds is None:
        return "—"
    seconds = milliseconds / 1000
    if seconds < 10:
        return _("%s s") % f"{seconds:.1f}"
    return _("%s s") % round(seconds) if seconds < 100 else _("%s min") % round(seconds / MINUTE)


def _day(moment: datetime, now: datetime) -> str:
    same_year = moment.year == now.year
    if _japanese():
        return f"{'' if same_year else f'{moment.year}年'}{moment.month}月{moment.day}日"
    return f"{moment.day} {moment:%b}{'' if same_year else f' {moment.year}'}"


def _japanese() -> bool:
    return (get_language() or "").startswith("ja")
