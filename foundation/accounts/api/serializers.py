from django.conf import settings
from rest_framework import serializers

from foundation.accounts.models import Invitation, PersonalToken, Role, User
from foundation.core.api.serializers import StrictSerializer


class RoleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Role
        fields = ("id", "name", "codes", "created_at", "updated_at")


class RoleInput(serializers.Serializer):
    name = serializers.RegexField(r"^[\w-]+$", max_length=60)
    codes = serializers.ListField(child=serializers.CharField(max_length=60), max_length=500)


class RoleChange(serializers.Serializer):
    codes = serializers.ListField(child=serializers.CharField(max_length=60), max_length=500)


class RoleMember(serializers.Serializer):
    user = serializers.UUIDField()


class UserSerializer(serializers.ModelSerializer):
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "email", "language", "is_active", "roles", "date_joined")

    def get_roles(self, user: User) -> list[str]:
        return sorted(group.role.name for group in user.groups.all() if hasattr(group, "role"))


class MeSerializer(UserSerializer):
    permissions = serializers.SerializerMethodField()
    sign_in = serializers.SerializerMethodField()

    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "is_local", "is_superuser", "permissions", "sign_in")

    def get_permissions(self, user: User) -> list[str]:
        """`resource:action` codes; a superuser may do everything whatever stands here."""
        return sorted(user.permission_codes)

    def get_sign_in(self, _user: User) -> str:
        return settings.SIGN_IN


class Profile(serializers.Serializer):
    display_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class OwnProfile(Profile):
    """`current_password` is needed to change one's own address for mail or password, if there is a password."""

    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True, required=False)
    current_password = serializers.CharField(
        max_length=200, trim_whitespace=False, write_only=True, required=False
    )


class UserInput(Profile):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class UserChange(OwnProfile):
    is_active = serializers.BooleanField(required=False)


class PasswordSignIn(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class RefreshInput(serializers.Serializer):
    refresh = serializers.CharField(max_length=2000)


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField()
    refresh = serializers.CharField()


class TicketSerializer(serializers.Serializer):
    ticket = serializers.CharField()


class InvitationSerializer(serializers.ModelSerializer):
    role = serializers.CharField(source="role.name")
    invited_by = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = (
            "id",
            "email",
            "role",
            "invited_by",
            "delivery",
            "created_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        )

    def get_invited_by(self, invitation: Invitation) -> str | None:
        return str(invitation.invited_by) if invitation.invited_by else None


class InvitationInput(StrictSerializer):
    role = serializers.CharField(max_length=60, help_text="The name of a role that says no more than yours.")
    email = serializers.EmailField(required=False, allow_blank=True)


class InvitationMade(InvitationSerializer):
    link = serializers.SerializerMethodField()

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "link")

    def get_link(self, _invitation: Invitation) -> str:
        """To hand over: shown once, and empty when it goes by mail."""
        return self.context.get("link", "")


class HandedLinkSerializer(serializers.Serializer):
    link = serializers.CharField()


class JoinInput(StrictSerializer):
    token = serializers.CharField(max_length=200)
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)
    display_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class ResetAsk(StrictSerializer):
    email = serializers.EmailField()


class ResetInput(StrictSerializer):
    token = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class PersonalTokenSerializer(serializers.ModelSerializer):
    class Meta:
        model = PersonalToken
        fields = ("id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at")


class PersonalTokenInput(StrictSerializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=200, help_text="read, write, resource:action"
    )
    days = serializers.IntegerField(min_value=1, max_value=365, default=90)


class PersonalTokenMade(PersonalTokenSerializer):
    token = serializers.SerializerMethodField()

    class Meta(PersonalTokenSerializer.Meta):
        fields = (*PersonalTokenSerializer.Meta.fields, "token")

    def get_token(self, _row: PersonalToken) -> str:
        """Shown this once."""
        return self.context["token"]
