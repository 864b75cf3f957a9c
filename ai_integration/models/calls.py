"""What was asked of models and tools, and what came back."""

from django.conf import settings
from django.db import models

from ai_integration.states import CallStatus, Ending
from foundation.core.models import BaseModel

MONEY = {"max_digits": 18, "decimal_places": 9}  # US dollars: a token costs some millionths of one


class CallRecord(BaseModel):
    """One call, written before it is made (intent) and after (outcome).

    `key` names the step of the run that makes the call: a replay finds the finished row and spends nothing again.
    `context` is what the caller needs in order to read the answer: it belongs to the attempt that was answered.
    `cost` is in US dollars, null where the model's price is unknown. `tried` lists the models that were asked before the one
    that `model` names, with why each did not answer: `{model, why}`.
    """

    key = models.CharField(max_length=200, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="calls"
    )
    subject_id = models.UUIDField(null=True, db_index=True)
    persona_name = models.CharField(max_length=100, blank=True)
    persona_id = models.UUIDField(null=True)
    project_id = models.UUIDField(null=True)
    job = models.CharField(max_length=20)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    status = models.CharField(
        max_length=20, choices=CallStatus.choices, default=CallStatus.STARTED, db_index=True
    )
    ending = models.CharField(max_length=20, choices=Ending.choices, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    tried = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    answer = models.JSONField(null=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(**MONEY, null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.key
