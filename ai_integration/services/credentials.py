"""Commands on credentials. A key goes in; no return value, event or error holds it."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_integration import outbound, providers
from ai_integration.models import Credential
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import require, require_permission

UNKNOWN_PROVIDER = _("There is no such provider, or it needs nothing.")
KEY_NEEDED = _("Enter the key.")
KEY_ODD = _("A key has no spaces and at most 500 characters. Copy it once more.")
KEY_AGAIN = _("The address leads to another server. Enter the key for it.")
ADDRESS_NEEDED = _("Enter the server's address, such as http://127.0.0.1:11434/v1.")
NO_ADDRESS_TAKEN = _(
    "This provider has one address only. For another server, choose the OpenAI-compatible one."
)
LABEL_ODD = _("Up to 30 small letters, digits and hyphens.")
TAKEN = _("There is a connection of that name already. Change it, or give this one another name.")
FIELDS = ("label", "api_key", "base_url", "shared")
HINT_FROM = 12  # of a shorter key, four characters would be too much of it


def credential_create(
    actor: Actor,
    *,
    provider: str,
    api_key: str = "",
    base_url: str = "",
    label: str = "",
    shared: bool = False,
) -> Credential:
    """A new way to a provider. Raises Invalid (naming the field), Forbidden, Conflict (the label is taken)."""
    require_permission(actor, "credential:create")
    made = Credential(owner=actor, provider=provider, label=label, base_url=base_url, shared=shared)
    _fill(actor, made, api_key=api_key)
    return _made(actor, made)


def credential_update(actor: Actor, credential: Credential, **fields: Any) -> Credential:
    """Change `label`, `api_key`, `base_url` or `shared`; a key that is not given stays."""
    if fields.get("base_url"):
        fields["base_url"] = outbound.check_address(
            fields["base_url"]
        )  # asks the network: not in a transaction
    return _changed(actor, credential, fields)


@transaction.atomic
def credential_delete(actor: Actor, credential: Credential) -> None:
    require(actor, "delete", credential)
    record(actor, "credential.deleted", credential, data=_named(credential))
    credential.delete()


@transaction.atomic
def credential_tested(
    actor: Actor, credential_id: Any, *, code: str, detail: dict[str, Any], api_key: str, base_url: str
) -> None:
    """Keep how a test went, unless the credential has changed since: then it says nothing about it."""
    row = Credential.objects.select_for_update().filter(pk=credential_id).first()
    if row is None or (row.api_key, row.base_url) != (api_key, base_url):
        return
    now = timezone.now()
    Credential.objects.filter(pk=row.pk).update(tested_at=now, test_code=code, test_detail=detail)
    record(actor, "credential.tested", row, data=_named(row) | {"outcome": code})


@transaction.atomic
def _made(actor: Actor, credential: Credential) -> Credential:
    _save(credential)
    record(actor, "credential.created", credential, data=_named(credential) | {"shared": credential.shared})
    return credential


@transaction.atomic
def _changed(actor: Actor, credential: Credential, fields: dict[str, Any]) -> Credential:
    row = Credential.objects.select_for_update().get(pk=credential.pk)
    require(actor, "change", row)
    if fields.get("shared") is False and row.shared and settings.SIGN_IN != "link":
        require_permission(actor, "provider:change")
    given = {name: fields[name] for name in FIELDS if name in fields}
    key = given.pop("api_key", None) or None
    _check_not_led_away(row, given, key)
    changed = [name for name, value in given.items() if getattr(row, name) != value]
    changed += ["api_key"] if key and key != row.api_key else []
    for name, value in given.items():
        setattr(row, name, value)
    _fill(actor, row, api_key=key or row.api_key, resolve=False)
    if {"api_key", "base_url"} & set(changed):
        row.tested_at, row.test_code, row.test_detail = None, "", {}
    _save(row)
    record(actor, "credential.updated", row, data=_named(row) | {"fields": changed})
    return row


def _check_not_led_away(row: Credential, given: dict[str, Any], key: str | None) -> None:
    """A key that was entered for one server is not sent to another without its owner's doing."""
    moved = "base_url" in given and outbound.origin(given["base_url"]) != outbound.origin(row.base_url)
    if moved and row.api_key and not key:
        raise _wrong("api_key", KEY_AGAIN)


def _fill(actor: Actor, row: Credential, *, api_key: str, resolve: bool = True) -> None:
    """Check everything together and put the key in."""
    spec = providers.spec(row.provider) if row.provider in providers.MODULES else None
    if spec is None or spec.needs_nothing:
        raise _wrong("provider", UNKNOWN_PROVIDER)
    api_key = api_key.strip()
    if spec.needs_key and not api_key:
        raise _wrong("api_key", KEY_NEEDED)
    if len(api_key) > 500 or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise _wrong("api_key", KEY_ODD)
    if row.base_url and not spec.takes_address:
        raise _wrong("base_url", NO_ADDRESS_TAKEN)
    if spec.needs_address and not row.base_url:
        raise _wrong("base_url", ADDRESS_NEEDED)
    if row.label and not providers.LABEL.fullmatch(row.label):
        raise _wrong("label", LABEL_ODD)
    _check_shared(actor, row)
    if row.base_url and resolve:
        row.base_url = outbound.check_address(row.base_url)
    row.api_key = api_key
    row.hint = api_key[-4:] if len(api_key) >= HINT_FROM else ""


def _check_shared(actor: Actor, row: Credential) -> None:
    if settings.SIGN_IN == "link":
        row.shared = True  # there is one person, and all work is theirs
    elif row.shared:
        require_permission(actor, "provider:change")


def _save(row: Credential) -> None:
    row.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(TAKEN, code="name_taken", details={"label": [str(TAKEN)]}) from error


def _named(row: Credential) -> dict[str, Any]:
    return {"provider": row.provider, "label": row.label}


def _wrong(field: str, message: str | Promise) -> Invalid:
    return Invalid(str(message), details={field: [str(message)]})
