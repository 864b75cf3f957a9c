"""Encryption of sensitive fields: MultiFernet under keys of their own, never SECRET_KEY."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.core.errors import Unavailable


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


def encrypt(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text behind `token`. Raises Unavailable when none of ENCRYPTION_KEYS fits."""
    return opened(token.encode()).decode()


def opened(token: bytes) -> bytes:
    """What is behind `token`. Raises Unavailable when none of ENCRYPTION_KEYS fits."""
    with _key_wanted():
        return cipher().decrypt(token)


def is_current(token: str) -> bool:
    """Whether the first of ENCRYPTION_KEYS alone opens `token`."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def encrypted_again(token: str) -> str:
    """`token` under the first of ENCRYPTION_KEYS. Raises Unavailable when none of them opens it."""
    with _key_wanted():
        return cipher().rotate(token).decode()


@contextmanager
def _key_wanted() -> Iterator[None]:
    try:
        yield
    except InvalidToken as error:
        raise Unavailable(
            _("None of ENCRYPTION_KEYS opens this value. Put the old key back."), code="key_missing"
        ) from error


class EncryptedTextField(models.TextField):
    """Text that is stored encrypted and read in clear. It cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        return encrypt(value) if value else value

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return decrypt(value) if value else value


class Shelf(Protocol):
    """A place where encrypted values are kept. `model` says to what they belong, `name` what they are."""

    model: type[models.Model]
    name: str

    def tokens(self) -> Iterator[tuple[Any, str]]:
        """`(key, token)` of every value, as it is stored."""
        ...

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        """Store `new` where `old` still stands; whether it did."""
        ...


class FieldShelf:
    """One encrypted field of one model."""

    def __init__(self, model: type[models.Model], name: str) -> None:
        self.model, self.name = model, name

    def tokens(self) -> Iterator[tuple[Any, str]]:
        return stored_tokens(self.model, self.name)

    def replace(self, key: Any, *, old: str, new: str) -> bool:
        return token_replace(self.model, self.name, key, old=old, new=new)


_registered: list[Shelf] = []


def register_shelf(shelf: Shelf) -> None:
    """Let rotation and diagnosis know of encrypted values that stand in no model's field."""
    _registered.append(shelf)


def shelves() -> list[Shelf]:
    """Every place where encrypted values are kept."""
    return [*(FieldShelf(model, name) for model, name in encrypted_fields()), *_registered]


def encrypted_fields() -> Iterator[tuple[type[models.Model], str]]:
    """Every field that is stored encrypted, with its model."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field.name


def stored_tokens(model: type[models.Model], field: str) -> Iterator[tuple[Any, str]]:
    """`(primary key, token)` of every row that holds something, as it is stored."""
    rows = model._base_manager.exclude(**{field: ""}).exclude(**{f"{field}__isnull": True}).order_by("pk")
    raw = models.functions.Cast(models.F(field), models.TextField())
    return iter(rows.values_list("pk", raw).iterator(500))


def token_replace(model: type[models.Model], field: str, pk: Any, *, old: str, new: str) -> bool:
    """Store `new` where `old` still stands; whether it did."""
    raw = models.functions.Cast(models.F(field), models.TextField())
    rows = model._base_manager.filter(pk=pk).annotate(_stored=raw).filter(_stored=old)
    return bool(rows.update(**{field: models.Value(new, output_field=models.TextField())}))
