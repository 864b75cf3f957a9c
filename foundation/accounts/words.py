"""Levels, and why somebody may see something, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from foundation.accounts.reasons import CODE, DIRECT, INHERITED, OWNER, ROLE, SUPERUSER, TEAM, Reason

LEVEL_WORDS: dict[str, str | Promise] = {
    "view": _("may view"),
    "comment": _("may view and comment"),
    "operate": _("may work with it"),
    "manage": _("may do everything"),
}
LEVEL_HELP: dict[str, str | Promise] = {
    "view": _("See it and what belongs to it."),
    "comment": _("Also speak in its discussions, and comment on its plans."),
    "operate": _("Also give it work, steer it, and decide on plans where a role allows that."),
    "manage": _("Also change, delete and share it."),
}
_SENTENCES: dict[str, str | Promise] = {
    OWNER: _("It belongs to them."),
    SUPERUSER: _("An administrator of the platform."),
    DIRECT: _("Shared with them in person: %(level)s."),
    ROLE: _("Shared with the role %(name)s: %(level)s."),
    TEAM: _("Shared with the team %(name)s: %(level)s."),
    INHERITED: _("Through “%(name)s”: %(level)s."),
    CODE: _("It serves everybody, and the role %(name)s may use it: %(level)s."),
}


def sentence(reason: Reason) -> str:
    """One reason; what it is inherited from says why in turn."""
    said = str(_SENTENCES[reason.kind]) % {"name": reason.name, "level": LEVEL_WORDS[reason.level]}
    if reason.because is None:
        return said
    return now("%(reason)s There: %(because)s") % {"reason": said, "because": sentence(reason.because)}
