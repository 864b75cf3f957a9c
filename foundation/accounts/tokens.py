"""JSON web tokens. The only module that knows the library behind them.

A token names its user, its family (the sign-in it came from) and a fingerprint of the password, so that a changed
password ends it. Whether the family still counts is the database's business: see `selectors.bearer`.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.crypto import constant_time_compare
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

FINGERPRINT_LENGTH = 16
PERSONAL_PREFIX = "hisho_pat_"
"""What a personal token begins with, so that a leaked one is recognised. It is no JSON web token; see `selectors.bearer`."""


class InvalidToken(Exception):
    """Not a token of ours, of another type, or past its time."""


class _Access(Token):
    token_type = "access"  # noqa: S105 - a type, not a secret
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME


class _Refresh(Token):
    token_type = "refresh"  # noqa: S105 - a type, not a secret
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME


@dataclass(frozen=True)
class Claims:
    user_id: uuid.UUID
    family_id: uuid.UUID
    token_id: str
    fingerprint: str


def refresh_lifetime() -> timedelta:
    return _Refresh.lifetime


def fingerprint(user: Any) -> str:
    """Changes with the user's password, and says nothing about it."""
    return user.get_session_auth_hash()[:FINGERPRINT_LENGTH]


def access_token(user: Any, family_id: uuid.UUID, lifetime: timedelta | None = None) -> str:
    token = _filled(_Access(), user, family_id)
    if lifetime:
        token.set_exp(lifetime=lifetime)
    return str(token)


def refresh_token(user: Any, family_id: uuid.UUID, token_id: str) -> str:
    token = _filled(_Refresh(), user, family_id)
    token["jti"] = token_id
    return str(token)


def read_access(raw: str) -> Claims:
    """The claims of an access token. Raises InvalidToken."""
    return _read(_Access, raw)


def read_refresh(raw: str) -> Claims:
    """The claims of a refresh token. Raises InvalidToken."""
    return _read(_Refresh, raw)


def speaks_for(claims: Claims, user: Any) -> bool:
    """Whether the token was made for `user` as it is now: active, and with the same password."""
    same_user = str(claims.user_id) == str(user.pk)
    return user.is_active and same_user and constant_time_compare(claims.fingerprint, fingerprint(user))


def _filled(token: Token, user: Any, family_id: uuid.UUID) -> Token:
    token["user_id"] = str(user.pk)
    token["family"] = str(family_id)
    token["print"] = fingerprint(user)
    return token


def _read(kind: type[Token], raw: str) -> Claims:
    try:
        token = kind(raw)
        return Claims(
            uuid.UUID(token["user_id"]), uuid.UUID(token["family"]), str(token["jti"]), str(token["print"])
        )
    except (TokenError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InvalidToken from error
