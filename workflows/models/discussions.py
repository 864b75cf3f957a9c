"""Discussions that personas hold under a moderator, what was said, and the minutes."""

from django.conf import settings
from django.db import models

from foundation.core.models import BaseModel, Leased, SharedWithGroup, SharedWithUser
from foundation.core.permissions import level_permissions
from foundation.core.text import first_line
from knowledge.models import Source, Vault
from personas.models import Persona
from workflows.models.work import Project, Workflow
from workflows.states import DiscussionKind, DiscussionStatus, MessageKind, Stop


class Discussion(BaseModel, Leased):
    """One discussion: a LangGraph thread, a lease, a feed.

    `topic` is what it is about now; a redirect changes it, `first_topic` stays. `turn` counts the turns that were taken,
    `speaker` has the word at the moment. `stop` says why it ended, `reason` says so in words; `resumes_to` is where a
    stopped one goes on.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="discussions")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="discussions"
    )
    vault = models.ForeignKey(
        Vault, null=True, blank=True, on_delete=models.SET_NULL, related_name="discussions"
    )
    sources = models.ManyToManyField(Source, related_name="discussions", blank=True)
    moderator = models.ForeignKey(
        Persona, null=True, blank=True, on_delete=models.SET_NULL, related_name="moderated"
    )
    speaker = models.ForeignKey(
        Persona, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    topic = models.TextField()
    first_topic = models.TextField(editable=False)
    kind = models.CharField(max_length=16, choices=DiscussionKind.choices, default=DiscussionKind.QUESTION)
    language = models.CharField(max_length=5, default="ja")
    max_rounds = models.PositiveSmallIntegerField(default=3)
    round = models.PositiveSmallIntegerField(default=1)
    turn = models.PositiveIntegerField(default=0)
    status = models.CharField(
        max_length=24, choices=DiscussionStatus.choices, default=DiscussionStatus.ACTIVE, db_index=True
    )
    resumes_to = models.CharField(max_length=24, blank=True)
    stop = models.CharField(max_length=16, choices=Stop.choices, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    lies_in = ("project",)

    class Meta(BaseModel.Meta):
        permissions = level_permissions("discussion")

    def __str__(self) -> str:
        return first_line(self.topic)

    @property
    def stream(self) -> str:
        return f"discussion:{self.pk}"


class Participant(BaseModel):
    """A seat in a discussion. The name stays when the persona is deleted."""

    discussion = models.ForeignKey(Discussion, on_delete=models.CASCADE, related_name="seats")
    persona = models.ForeignKey(Persona, null=True, on_delete=models.SET_NULL, related_name="seats")
    name = models.CharField(max_length=100)
    seat = models.PositiveSmallIntegerField()

    permitted_through = "discussion"

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("discussion", "seat"), name="one_participant_per_seat"),
            models.UniqueConstraint(fields=("discussion", "persona"), name="one_seat_per_persona"),
        )
        ordering = ("seat",)

    def __str__(self) -> str:
        return self.name


class DiscussionMessage(BaseModel):
    """Something that was said. Never changed.

    `number` is gapless within the discussion. `author` is the name of who said it; `persona` or `user` say who that is.
    `heard` is the number of the last message that a speaker knew of; `reply_to` the clarification that a speech answers;
    `asked` the persona of whom a clarification is asked. `citations` and `passages` are as in TaskResult.
    """

    discussion = models.ForeignKey(Discussion, on_delete=models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=14, choices=MessageKind.choices)
    persona = models.ForeignKey(Persona, null=True, on_delete=models.SET_NULL, related_name="said")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="said"
    )
    author = models.CharField(max_length=150, blank=True)
    model = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    position = models.CharField(max_length=300, blank=True)
    citations = models.JSONField(default=list)
    passages = models.JSONField(default=list)
    round = models.PositiveSmallIntegerField(default=0)
    turn = models.PositiveIntegerField(null=True)
    heard = models.PositiveIntegerField(default=0)
    done = models.BooleanField(default=False)
    asked = models.ForeignKey(Persona, null=True, on_delete=models.SET_NULL, related_name="asked_in")
    reply_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replies")
    client_msg_id = models.UUIDField(null=True)
    seq = models.BigIntegerField(default=0)

    permitted_through = "discussion"

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("discussion", "number"), name="one_message_per_number"),
            models.UniqueConstraint(fields=("discussion", "turn"), name="one_message_per_turn"),
            models.UniqueConstraint(
                fields=("discussion", "client_msg_id"), name="one_message_per_client_msg_id"
            ),
        )
        ordering = ("number",)


class Minutes(BaseModel):
    """What a discussion came to. `note_path` is where it stands in the vault, `workflow` what became of its actions.

    `positions` are `{name, position}`, `actions` `{title, owner, owner_id, acceptance}`.
    """

    discussion = models.OneToOneField(Discussion, on_delete=models.CASCADE, related_name="minutes")
    summary = models.TextField(blank=True)
    positions = models.JSONField(default=list)
    decisions = models.JSONField(default=list)
    open_questions = models.JSONField(default=list)
    actions = models.JSONField(default=list)
    citations = models.JSONField(default=list)
    model = models.CharField(max_length=120, blank=True)
    markdown = models.TextField()
    note_path = models.CharField(max_length=1000, blank=True)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.SET_NULL, related_name="minutes"
    )

    permitted_through = "discussion"

    class Meta(BaseModel.Meta):
        verbose_name_plural = "minutes"


class DiscussionUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Discussion, on_delete=models.CASCADE)


class DiscussionGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Discussion, on_delete=models.CASCADE)
