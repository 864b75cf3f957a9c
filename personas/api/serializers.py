"""Shapes of personas and their teams."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from foundation.core.api.serializers import Ids, StrictSerializer, Words
from personas import avatars, icons
from personas.models import Drawing, Persona, PersonaTeam
from personas.shapes import PersonaInput

ONE_OF_THEM = _(
    'Send {"preset": name} (see icon-presets/), {"generate": {prompt, style}}, or a file as the field icon of a form.'
)


class NamedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class PersonaSerializer(serializers.ModelSerializer):
    teams = NamedSerializer(many=True)
    icon_url = serializers.CharField(
        allow_null=True, read_only=True, help_text="Where its own picture is; null when it has none."
    )
    skills = serializers.ListField(child=serializers.CharField())
    tools = serializers.ListField(child=serializers.CharField())
    folders = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Persona
        fields = (
            "id", "owner", "name", "role", "description", "personality", "skills", "model", "tools", "folders", "icon",
            "icon_url", "is_active", "teams", "created_at", "updated_at",
        )  # fmt: skip


class PersonaWhole(PersonaInput):
    """A persona that replaces the old one: what is not said is empty."""

    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    personality = serializers.CharField(max_length=2000, allow_blank=True, default="")
    skills = Words(each=60, most=50, default=list)
    model = serializers.CharField(max_length=120, allow_blank=True, default="")
    tools = Words(each=160, most=50, default=list)
    folders = Words(each=200, most=50, default=list)
    is_active = serializers.BooleanField(default=True)


class DrawingInput(StrictSerializer):
    prompt = serializers.CharField(max_length=500, allow_blank=True, required=False)
    style = serializers.ChoiceField(choices=list(avatars.STYLES), required=False)


class IconInput(StrictSerializer):
    """One of the two: a preset's name, or what is to be drawn."""

    preset = serializers.ChoiceField(choices=list(icons.PRESETS), required=False)
    generate = DrawingInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"preset": [ONE_OF_THEM]})
        return attrs


class DrawingSerializer(serializers.ModelSerializer):
    """`reason` says why it failed; `model` who drew it, empty for the platform itself."""

    class Meta:
        model = Drawing
        fields = ("id", "persona", "prompt", "style", "status", "model", "reason", "created_at", "updated_at")


class IconUpload(StrictSerializer):
    icon = serializers.FileField(
        help_text="PNG, JPEG, WebP or GIF, up to 5 MB, 25 million pixels, 8,000 on a side."
    )


class IconPresetSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    symbol = serializers.CharField(help_text="One emoji.")
    colour = serializers.CharField(help_text="The CSS colour behind it.")


class IconPresetList(serializers.Serializer):
    results = IconPresetSerializer(many=True)


class MemberSerializer(serializers.ModelSerializer):
    icon_url = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = Persona
        fields = ("id", "name", "role", "icon", "icon_url", "is_active")


class PersonaTeamSerializer(serializers.ModelSerializer):
    members = MemberSerializer(many=True)

    class Meta:
        model = PersonaTeam
        fields = ("id", "owner", "name", "description", "is_default", "members", "created_at", "updated_at")


class PersonaTeamInput(StrictSerializer):
    """`members` are ids of personas that you may give work to."""

    name = serializers.CharField(max_length=100)
    description = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    members = Ids(required=False)
    is_default = serializers.BooleanField(required=False)


class PersonaTeamNew(PersonaTeamInput):
    members = Ids(default=list)


class PersonaTeamWhole(PersonaTeamNew):
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    is_default = serializers.BooleanField(default=False)


class MembersInput(StrictSerializer):
    members = Ids()
