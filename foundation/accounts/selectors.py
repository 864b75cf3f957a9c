"""Reading people, and whether what they show still counts."""

import hashlib
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from foundation.accounts import tokens
from foundation.accounts.models import Invitation, PersonalToken, Role, Team, TokenFamily, User
from foundation.accounts.reasons import shares_of
from foundation.core.errors import Invalid
from foundation.core.permissions import fetch

NOBODY = _("There is nobody of this name.")
NOT_SHARED = _("This is not shared with them.")
ONE_OF_THEM = _("Name one person, one role or one team.")


def users(user: Any) -> QuerySet[User]:
    return (
        User.objects.permitted(user, "view").prefetch_related("groups__role").order_by("-date_joined", "-id")
    )


def user(viewer: Any, pk: Any) -> User:
    """Raises NotFound when `viewer` may not see that person."""
    return fetch(User.objects.all(), viewer, pk=pk)


def oneself(user: User) -> User:
    """Whoever asks, freshly read, and limited as they are."""
    found = User.objects.prefetch_related("groups__role").get(pk=user.pk)
    if user.through is not None:
        found.come_through(user.through)
    return found


def roles(user: Any) -> QuerySet[Role]:
    return Role.objects.permitted(user, "view").order_by("-created_at", "-id")


def roles_to_give(user: Any) -> list[Role]:
    """The roles to which `user` may invite: those that say nothing that `user` does not hold."""
    every = Role.objects.order_by("name")
    return [role for role in every if user.is_superuser or set(role.codes) <= user.permission_codes]


def invitations(user: Any) -> QuerySet[Invitation]:
    """The newest first. Nothing for those who may not invite."""
    return (
        Invitation.objects.permitted(user, "view")
        .select_related("role", "invited_by", "accepted_by")
        .order_by("-created_at", "-id")
    )


def open_invitations(user: Any) -> QuerySet[Invitation]:
    return invitations(user).filter(accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())


def personal_tokens(user: Any) -> QuerySet[PersonalToken]:
    """One's own, for administrators too: the pages and the API are about oneself."""
    rows = PersonalToken.objects.filter(revoked_at=None).order_by("-created_at", "-id")
    return rows.filter(user=user) if user.is_authenticated else rows.none()


def user_by_name(username: str) -> User | None:
    """For the command line, which acts with the rights of whoever may read the database."""
    return User.objects.filter(username=username).first()


def another_person_exists() -> bool:
    """Whether somebody besides the local user could sign in."""
    return User.objects.filter(is_active=True, is_local=False).exists()


def bearer(raw: str) -> tuple[User, str] | None:
    """The user and the credential behind an access or a personal token, or None when it does not count (any more)."""
    if raw.startswith(tokens.PERSONAL_PREFIX):
        return _by_personal_token(raw)
    try:
        claims = tokens.read_access(raw)
    except tokens.InvalidToken:
        return None
    family = _live_family(claims.family_id)
    if family is None or not tokens.speaks_for(claims, family.user):
        return None
    return family.user, f"family:{family.pk}:{claims.fingerprint}"


def session(session_key: str) -> tuple[User, str] | None:
    """The user and the credential behind a session cookie, or None when it does not count (any more)."""
    user_id = SessionStore(session_key).load().get(SESSION_KEY)
    credential = session_credential(session_key)
    user = user_id and still_signed_in(user_id, credential)
    return (user, credential) if user else None


def session_credential(session_key: str | None) -> str:
    return f"session:{session_key or ''}"


def still_signed_in(user_id: Any, credential: str) -> User | None:
    """The user, freshly read, while the sign-in that `credential` names stands: not ended, same password, active."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    kind, _, rest = credential.partition(":")
    if user is None:
        return None
    if kind == "token":
        return _through_token(user, rest)
    alive = {"session": _session_alive, "family": _family_alive}[kind](user, rest)
    return user if alive else None


def _by_personal_token(raw: str) -> tuple[User, str] | None:
    digest = hashlib.sha256(raw.encode()).hexdigest()
    row = PersonalToken.objects.filter(digest=digest).values("pk", "user_id").first()
    user = row and still_signed_in(row["user_id"], f"token:{row['pk']}")
    return (user, f"token:{row['pk']}") if user else None


def _through_token(user: User, token_id: str) -> User | None:
    """The user, limited to what the token is for, while the token counts."""
    rows = PersonalToken.objects.filter(
        pk=token_id, user=user, revoked_at=None, expires_at__gt=timezone.now()
    )
    token = rows.first()
    if token is None or not constant_time_compare(token.fingerprint, tokens.fingerprint(user)):
        return None
    user.come_through(token)
    return user


def _live_family(family_id: Any) -> TokenFamily | None:
    rows = TokenFamily.objects.filter(pk=family_id, revoked_at=None, expires_at__gt=timezone.now())
    return rows.select_related("user").first()


def _family_alive(user: User, rest: str) -> bool:
    family_id, _, print_then = rest.partition(":")
    family = _live_family(family_id)
    same_print = constant_time_compare(print_then, tokens.fingerprint(user))
    return family is not None and family.user_id == user.pk and same_print


def _session_alive(user: User, session_key: str) -> bool:
    kept = SessionStore(session_key).load() if session_key else {}
    stored = kept.get(HASH_SESSION_KEY, "")
    same_user = kept.get(SESSION_KEY) == str(user.pk)
    return same_user and any(constant_time_compare(stored, made) for made in _session_hashes(user))


def _session_hashes(user: User) -> list[str]:
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]


def teams(user: Any, action: str = "view") -> QuerySet[Team]:
    """People's teams: one's own, those that one is in, or all of them by role."""
    rows = Team.objects.permitted(user, action).select_related("owner", "group")
    return rows.prefetch_related("group__user_set").order_by("-created_at", "-id")


def colleagues(user: Any) -> QuerySet[User]:
    """The active people whose names `user` may be shown: those they may see, and those in a team with them."""
    known = User.objects.permitted(user, "view").values("pk")
    together = User.objects.filter(groups__team__in=Team.objects.permitted(user, "view")).values("pk")
    return User.objects.filter(Q(pk__in=known) | Q(pk__in=together), is_active=True).order_by("username")


def grantee(actor: Any, **given: Any) -> User | Role | Team:
    """The person, role or team that `actor` names by `user`, `username`, `role` or `team`. Raises Invalid.

    A person may be named by whoever knows their name; roles and teams only by those who may see them.
    """
    [(kind, value)] = given.items()
    rows = {
        "user": User.objects.filter(is_active=True),
        "username": User.objects.filter(is_active=True),
        "role": Role.objects.permitted(actor, "view"),
        "team": Team.objects.permitted(actor, "view"),
    }[kind]
    found = rows.filter(**{"username" if kind == "username" else "pk": value}).first()
    if found is None:
        raise Invalid(details={kind: [str(NOBODY)]})
    return found


def grantee_of(obj: Any, **given: Any) -> User | Role | Team:
    """One of those with whom `obj` is shared, named in the same ways. Raises Invalid."""
    [(kind, value)] = given.items()
    for share in shares_of(obj):
        names = {"username": getattr(share.to, "username", None), share.kind: str(share.to.pk)}
        if names.get(kind) == str(value):
            return share.to
    raise Invalid(details={kind: [str(NOT_SHARED)]})


def people_named(names: list[str]) -> list[User]:
    """The active people who sign in with these names. Raises Invalid naming those whom nobody is."""
    found = {each.username: each for each in User.objects.filter(username__in=names, is_active=True)}
    if missing := [name for name in names if name not in found]:
        raise Invalid(details={"members": [f"{NOBODY} {', '.join(missing)[:300]}"]})
    return list(found.values())


def people_of(ids: list[Any]) -> list[User]:
    """The active people with these ids. Raises Invalid."""
    found = list(User.objects.filter(pk__in=ids, is_active=True))
    if len(found) != len(set(ids)):
        raise Invalid(details={"members": [str(NOBODY)]})
    return found


def team(user: Any, pk: Any, action: str = "view") -> Team:
    """Raises NotFound when it is invisible, Forbidden when `action` is not allowed."""
    return fetch(Team.objects.select_related("owner", "group"), user, action, pk=pk)
