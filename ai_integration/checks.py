"""Do the models answer? Judged by what calls showed lately, so that asking costs nothing and leaves the machine alone."""

from django.utils.translation import gettext as _

from ai_integration import providers
from ai_integration.selectors import default_reference, recent_outcomes, serves_everybody
from foundation.core.errors import DomainError
from foundation.monitoring import diagnosis
from foundation.monitoring.health import DEGRADED, DOWN, OK, Health


def ai_services() -> Health:
    """Down when the default model cannot be used at all, degraded when every recent call failed."""
    model = default_reference()
    facts = {"model": model}
    missing = _missing(model)
    if missing:
        return Health(DOWN, missing, facts)
    finished, failed = recent_outcomes()
    facts |= {"finished": finished, "failed": failed}
    return (
        Health(DEGRADED, _("Every recent call failed."), facts)
        if failed and not finished
        else Health(OK, "", facts)
    )


def ai_services_question() -> tuple[str, str]:
    found = ai_services()
    status = {OK: diagnosis.OK, DEGRADED: diagnosis.WARNING, DOWN: diagnosis.BAD}[found.status]
    return status, found.detail or found.facts["model"]


def _missing(model: str) -> str:
    """What the default model lacks, as a sentence; empty when nothing."""
    try:
        reference = providers.parse(model)
        if serves_everybody(reference):
            return ""
    except DomainError as error:  # no such provider, or a key that cannot be decrypted
        return str(error)
    return str(providers.NOT_CONNECTED % {"provider": providers.spec(reference.provider).name})
