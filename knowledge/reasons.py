"""Why a note is not in the index, and why a sync stopped: stored as codes, shown as sentences."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SKIPPED: dict[str, Promise] = {
    "link": _("A link to another place: the vault's own folder is all that is read."),
    "not_a_file": _("Not a regular file."),
    "too_large": _("Larger than 5 MB."),
    "not_utf8": _("Neither UTF-8 nor Shift_JIS text."),
    "not_text": _("Not a text file, in spite of its name."),
    "conflict_copy": _(
        "A conflict copy made by a synchronising program. Merge it into the note, then remove it."
    ),
    "name_not_utf8": _("Its file name is not UTF-8."),
    "path_too_long": _("Its path is longer than 1,000 characters."),
    "unreadable": _("The file may not be read."),
}
READ_AS: dict[str, Promise] = {
    "read_as_cp932": _("Not UTF-8; read as Shift_JIS. Save it as UTF-8 if characters look wrong."),
}
STOPPED: dict[str, Promise] = {
    "missing": _(
        "The vault's folder is not there. Connect the drive or correct the folder; nothing was forgotten."
    ),
    "moved": _("The vault's folder now leads to another place. Register it again if that is intended."),
    "unreadable": _("The vault's folder may not be read. Give this account the right to read it."),
    "empty": _(
        "The vault's folder holds no notes, though it did before. Nothing was forgotten; is the drive connected?"
    ),
    "vanished": _(
        "More than half of the notes are gone at once. Nothing was forgotten; confirm if you removed them."
    ),
    "busy": _("Another synchronisation of this vault is at work."),
}


def sentence(code: str) -> str:
    """The sentence for a stored code; anything else (a failure's own words) is returned as it is."""
    found = SKIPPED.get(code) or READ_AS.get(code) or STOPPED.get(code)
    return str(found) if found else code
