"""What the one person of the embedded profile finds on the first start. Made once; what they remove stays removed."""

from django.conf import settings
from django.utils import translation

from foundation.accounts.models import User
from foundation.accounts.services import local_user
from personas.services import starter_team_create
from workflows.services import sample_install


def first_start() -> None:
    if settings.SIGN_IN == "link":
        welcome(local_user())


def welcome(user: User) -> None:
    """The starter team and the sample, for somebody who has no persona yet."""
    language = "en" if (translation.get_language() or "").startswith("en") else "ja"
    if starter_team_create(user, language=language):
        sample_install(user, language=language)
