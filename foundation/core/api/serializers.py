"""Serializers for what comes in. Strict: a misspelt field must not be lost without a word."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

UNKNOWN = _("This field is not known here.")
NOT_AN_OBJECT = _("A JSON object is needed.")
TOO_DEEP = _("At most %(depth)d levels.")
TOO_LARGE = _("At most %(size)d characters of JSON.")
NOT_OF_TYPE = _("A JSON value of the type %(kind)s is needed.")
MAX_NAMED = 20
EXACT = ((serializers.CharField, str), (serializers.BooleanField, bool), (serializers.IntegerField, int))
KINDS = {str: "string", bool: "boolean", int: "number"}


class QueryWords(dict[str, Any]):
    """The query of an address: everything in it is text."""


class StrictSerializer(serializers.Serializer):
    """Refuses fields that it does not know."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = [str(name)[:100] for name in data if name not in known]
            if unknown:
                raise serializers.ValidationError({name: [UNKNOWN] for name in unknown[:MAX_NAMED]})
            self._check_types(data)
        return super().to_internal_value(data)

    def _check_types(self, data: Mapping[str, Any]) -> None:
        """JSON knows types, and DRF would read 5 as "5" and "true" as true. In a form everything is text."""
        wrong = {}
        texts = isinstance(data, QueryDict | QueryWords)
        for name, field in self.fields.items() if not texts else ():
            kind = next((each for of, each in EXACT if isinstance(field, of)), None)
            value = data.get(name)
            if kind and value is not None and type(value) is not kind:
                wrong[name] = [NOT_OF_TYPE % {"kind": KINDS[kind]}]
        if wrong:
            raise serializers.ValidationError(wrong)


class Words(serializers.ListField):
    """A short list of short texts."""

    def __init__(self, *, each: int, most: int, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=each), max_length=most, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        if isinstance(data, list) and not all(isinstance(each, str) for each in data):
            raise serializers.ValidationError(NOT_OF_TYPE % {"kind": "string"})
        return super().to_internal_value(data)


class Ids(serializers.ListField):
    """A list of ids."""

    def __init__(self, *, most: int = 200, **kwargs: Any) -> None:
        super().__init__(child=serializers.UUIDField(), max_length=most, **kwargs)


class SmallObject(serializers.JSONField):
    """A JSON object of our own settings: small, shallow, and storable in every database."""

    DEPTH, SIZE = 6, 10_000

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError(NOT_AN_OBJECT)
        if _deeper_than(data, self.DEPTH):
            raise serializers.ValidationError(TOO_DEEP % {"depth": self.DEPTH})
        try:
            size = len(
                json.dumps(data, allow_nan=False)
            )  # 1e999 is read as infinity, which PostgreSQL refuses
        except (TypeError, ValueError) as error:
            raise serializers.ValidationError(str(error)) from error
        if size > self.SIZE:
            raise serializers.ValidationError(TOO_LARGE % {"size": self.SIZE})
        return data


def _deeper_than(value: Any, levels: int) -> bool:
    if levels < 0:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_deeper_than(each, levels - 1) for each in inner)
