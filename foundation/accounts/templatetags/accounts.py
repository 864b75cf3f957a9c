"""Words for roles and scopes."""

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts.contexts import role_word
from foundation.accounts.models import PersonalToken
from foundation.core.scopes import READ, WRITE

register = template.Library()
register.filter("role_word", role_word)

SCOPE_WORDS = {READ: _("reads"), WRITE: _("works as you do")}


@register.filter
def scope_word(scope: str) -> str | Promise:
    return SCOPE_WORDS.get(scope, scope)


@register.filter
def is_over(token: PersonalToken) -> bool:
    return token.expires_at <= timezone.now()
