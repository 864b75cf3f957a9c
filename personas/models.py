"""AI secretaries and the teams they form."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from foundation.core.models import BaseModel, SharedWithGroup, SharedWithUser
from foundation.core.permissions import level_permissions
from personas.states import DrawingStatus


class Persona(BaseModel):
    """One AI secretary: what it is, what it is good at, which model it thinks with, what it may use.

    `folders` are those of a vault that it may read, with what lies in them; empty means all that the work brings. Whatever
    stands here, it never holds more than the person it works for.

    `picture` is the SHA-256 of its own picture, which goes before `icon`; empty when it has none.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personas")
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=60, db_index=True)
    description = models.TextField(max_length=2000, blank=True)
    personality = models.TextField(max_length=2000, blank=True)
    skills = models.JSONField(default=list, blank=True)
    model = models.CharField(max_length=120, blank=True)
    tools = models.JSONField(default=list, blank=True)
    folders = models.JSONField(default=list, blank=True)
    icon = models.CharField(max_length=200, blank=True)
    picture = models.CharField(max_length=64, blank=True, editable=False)
    is_active = models.BooleanField(default=True, db_index=True)

    class Meta(BaseModel.Meta):
        permissions = level_permissions("persona")
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="one_persona_per_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def icon_url(self) -> str | None:
        """Where its own picture is; the address changes with it."""
        return f"{reverse('persona-icon', args=[self.pk])}?v={self.picture[:12]}" if self.picture else None


class Drawing(BaseModel):
    """A picture that somebody asked for. Until it is done, and if it fails, the persona keeps the one it has."""

    persona = models.ForeignKey(Persona, on_delete=models.CASCADE, related_name="drawings")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    prompt = models.CharField(max_length=500, blank=True)
    style = models.CharField(max_length=20)
    status = models.CharField(
        max_length=10, choices=DrawingStatus.choices, default=DrawingStatus.WAITING, db_index=True
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    model = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    permitted_through = "persona"

    def __str__(self) -> str:
        return f"{self.persona} ({self.get_status_display()})"


class PersonaTeam(BaseModel):
    """Personas that work together. `is_default` marks the team that takes a requirement which names none."""

    resource = "persona_team"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="persona_teams"
    )
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    members = models.ManyToManyField(Persona, related_name="teams", blank=True)
    is_default = models.BooleanField(default=False)

    holds: ClassVar = {"members": "operate"}

    class Meta(BaseModel.Meta):
        permissions = level_permissions("personateam")
        constraints = (
            models.UniqueConstraint(fields=("owner", "name"), name="one_persona_team_per_name"),
            models.UniqueConstraint(
                fields=("owner",), condition=models.Q(is_default=True), name="one_default_team_per_owner"
            ),
        )

    def __str__(self) -> str:
        return self.name


class PersonaUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Persona, on_delete=models.CASCADE)


class PersonaGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Persona, on_delete=models.CASCADE)


class PersonaTeamUserPermission(SharedWithUser):
    content_object = models.ForeignKey(PersonaTeam, on_delete=models.CASCADE)


class PersonaTeamGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(PersonaTeam, on_delete=models.CASCADE)
