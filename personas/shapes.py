"""A persona as it comes in, and as it travels to another installation: by REST and by page, one shape."""

import base64
import binascii
from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from foundation.core.api.parsers import StrictJSONParser
from foundation.core.api.serializers import StrictSerializer, Words
from foundation.core.errors import Invalid
from foundation.core.images import MAX_BYTES, NO_PICTURE, portrait
from personas import pictures
from personas.models import Persona

FORMAT, VERSION = "hisho.persona", 1
MAX_PICTURE_TEXT = -(-MAX_BYTES // 3) * 4
MAX_FILE_BYTES = MAX_PICTURE_TEXT + 100_000
NO_EXPORT = _("This is not the file of an exported secretary.")
TOO_LARGE = _("This file is larger than a secretary can be.")


class PersonaInput(StrictSerializer):
    """`model` is `provider:model`; empty means the platform's default. `folders` are those of a vault that it may read;
    empty means all that the work brings."""

    name = serializers.CharField(max_length=100)
    role = serializers.CharField(max_length=60)
    description = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    personality = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    skills = Words(each=60, most=50, required=False)
    model = serializers.CharField(max_length=120, allow_blank=True, required=False)
    tools = Words(each=160, most=50, required=False)
    folders = Words(each=200, most=50, required=False)
    is_active = serializers.BooleanField(required=False)


@extend_schema_field(
    {"type": "string", "format": "byte", "maxLength": MAX_PICTURE_TEXT, "nullable": True,
     "description": "Its own picture (PNG, JPEG, WebP or GIF) in Base64; null when it has none."}
)  # fmt: skip
class PictureField(serializers.Field):
    """In: Base64 of a picture by anybody, which is drawn anew. Out: the persona's own."""

    def get_attribute(self, instance: Persona) -> bytes | None:
        return pictures.content(instance)

    def to_representation(self, value: bytes) -> str:
        return base64.b64encode(value).decode()

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str) or len(data) > MAX_PICTURE_TEXT:
            raise serializers.ValidationError(NO_PICTURE)
        try:
            return portrait(BytesIO(base64.b64decode(data, validate=True)))
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError(NO_PICTURE) from error
        except Invalid as error:
            raise serializers.ValidationError(str(error)) from error


class PersonaMoved(PersonaInput):
    """A persona on its way to another installation."""

    icon = serializers.CharField(max_length=200, allow_blank=True, required=False)
    picture = PictureField(required=False, allow_null=True)


class PersonaExport(StrictSerializer):
    """What `export/` gives and `import/` takes. It holds no ids, no owner and no secrets."""

    format = serializers.ChoiceField(choices=[FORMAT])
    version = serializers.ChoiceField(choices=[VERSION])
    persona = PersonaMoved()


def packed(persona: Persona) -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, "persona": persona}


def unpacked(file: IO[bytes]) -> dict[str, Any]:
    """The fields of the persona in an exported `file`, `picture` drawn anew. Raises Invalid, naming the field `file`."""
    content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Invalid(details={"file": [str(TOO_LARGE)]})
    try:
        given = PersonaExport(data=StrictJSONParser().parse(BytesIO(content)))
        given.is_valid(raise_exception=True)
    except ParseError as error:
        raise Invalid(details={"file": [str(NO_EXPORT)]}) from error
    except serializers.ValidationError as error:
        raise Invalid(details={"file": [str(NO_EXPORT), *_sentences(error.detail)]}) from error
    return given.validated_data["persona"]


def _sentences(detail: Any, name: str = "") -> list[str]:
    """`name: what is wrong`, however deep it stands."""
    if isinstance(detail, dict):
        return [each for key, value in detail.items() for each in _sentences(value, str(key))]
    return [f"{name}: {text}" for text in detail if isinstance(text, str)][:5]
