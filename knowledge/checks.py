"""What `manage.py doctor` says about the vaults."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.core.actors import SYSTEM
from foundation.monitoring.diagnosis import BAD, OK
from knowledge.reasons import sentence
from knowledge.selectors import vault_faults, vault_list


def vaults() -> tuple[str, str]:
    """Whether every registered folder is there and may be read."""
    faults = vault_faults(SYSTEM)
    if faults:
        return BAD, " ".join(f"{vault.name} ({vault.path}): {sentence(code)}" for vault, code in faults)
    count = vault_list(SYSTEM).count()
    if not count:
        return OK, _("none registered")
    return OK, ngettext("%(count)d folder, readable", "%(count)d folders, readable", count) % {"count": count}
