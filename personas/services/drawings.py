"""Having a picture drawn: asked for by somebody, made by a worker, and given to the persona only when it is there."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_integration import gateway
from ai_integration.errors import ApprovalRequired
from ai_integration.services import Purpose
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, DomainError, Invalid
from foundation.core.images import portrait
from foundation.core.permissions import require
from foundation.core.queue import enqueue
from personas import avatars
from personas.models import Drawing, Persona
from personas.services.pictures import picture_set
from personas.states import DRAWING, DrawingStatus

OPEN = (DrawingStatus.WAITING, DrawingStatus.DRAWING)
MOST_ATTEMPTS = 3
LOST_AFTER = timedelta(minutes=15)  # longer than any model may take
NO_STYLE = _("Use one of: %s") % ", ".join(avatars.STYLES)
TOO_LONG = _("At most 500 characters.")
UNDER_WAY = _("A picture of this secretary is being drawn already.")
LOST = _("The worker was lost three times.")
LOOKS = {
    "portrait": "a friendly flat vector portrait, head and shoulders, plain pastel background",
    "shapes": "an abstract emblem of simple geometric shapes, plain pastel background",
    "ink": "a portrait in a few lines of black ink on off-white paper",
}


@transaction.atomic
def drawing_ask(
    actor: Actor, persona: Persona, *, prompt: str = "", style: str = avatars.USUAL_STYLE
) -> Drawing:
    """Have a picture drawn, by a model that can draw where there is one.

    Raises Invalid, Forbidden, Conflict `drawing_under_way`.
    """
    persona = require(actor, "change", Persona.objects.select_for_update().get(pk=persona.pk))
    if style not in avatars.STYLES:
        raise Invalid(str(NO_STYLE), details={"style": [str(NO_STYLE)]})
    prompt = prompt.replace("\x00", "").strip()
    if len(prompt) > 500:
        raise Invalid(str(TOO_LONG), details={"prompt": [str(TOO_LONG)]})
    if persona.drawings.filter(status__in=OPEN).exists():
        raise Conflict(UNDER_WAY, code="drawing_under_way")
    made = Drawing.objects.create(persona=persona, asked_by_id=actor.pk, prompt=prompt, style=style)
    _told(actor, made, "drawing.asked")
    enqueue("personas.draw", str(made.pk))
    return made


def drawing_carry_out(pk: Any) -> None:
    """Draw it, and give it to its persona. Whatever goes wrong is told, and leaves the picture that the persona has."""
    drawing = _begun(pk)
    if drawing is None:
        return
    try:
        drawn, model = _drawn(drawing)
        picture_set(SYSTEM, drawing.persona, drawn=drawn)
    except ApprovalRequired as error:
        _ended(drawing, DrawingStatus.FAILED, reason=str(error))
    except DomainError as error:
        reason = error.details.get("reason")
        _ended(drawing, DrawingStatus.FAILED, reason=f"{error} ({reason})" if reason else str(error))
    else:
        _ended(drawing, DrawingStatus.DONE, model=model)


def drawings_sweep() -> None:
    """Ask again for what waits too long: its message, or its worker, was lost."""
    before = timezone.now()
    waiting = Drawing.objects.filter(
        status=DrawingStatus.WAITING, created_at__lt=before - timedelta(seconds=30)
    )
    lost = Drawing.objects.filter(status=DrawingStatus.DRAWING, updated_at__lt=before - LOST_AFTER)
    for pk in [*waiting.values_list("pk", flat=True), *lost.values_list("pk", flat=True)]:
        enqueue("personas.draw", str(pk))


@transaction.atomic
def _begun(pk: Any) -> Drawing | None:
    """The drawing, now being drawn by us; None when somebody else draws it, or when there is nothing to draw any more."""
    rows = Drawing.objects.select_for_update(of=("self",)).select_related("persona", "asked_by")
    drawing = rows.filter(pk=pk, status__in=OPEN).first()
    if drawing is None:
        return None
    if drawing.status == DrawingStatus.DRAWING and drawing.updated_at > timezone.now() - LOST_AFTER:
        return None
    if drawing.attempts >= MOST_ATTEMPTS:
        _ended(drawing, DrawingStatus.FAILED, reason=str(LOST))
        return None
    DRAWING.move(drawing, DrawingStatus.DRAWING, attempts=drawing.attempts + 1)
    _told(SYSTEM, drawing, "drawing.begun")
    return drawing


def _drawn(drawing: Drawing) -> tuple[bytes, str]:
    persona = drawing.persona
    purpose = Purpose(
        key=f"drawing:{drawing.pk}:{drawing.attempts}",
        job="draw",
        owner_id=drawing.asked_by_id or persona.owner_id,
        persona_name=persona.name,
        persona_id=persona.pk,
    )
    found = gateway.draw(purpose, prompt=_described(drawing))
    if found is None:
        words = "\n".join((str(persona.pk), persona.role, drawing.prompt))
        return avatars.draw(words, drawing.style), ""
    return portrait(BytesIO(found.content)), found.model


def _described(drawing: Drawing) -> str:
    persona = drawing.persona
    asked = drawing.prompt or f"{persona.role}. {persona.personality}"[:500]
    return f"An avatar icon for an office secretary: {LOOKS[drawing.style]}. No text. {asked}"


@transaction.atomic
def _ended(drawing: Drawing, status: str, **fields: str) -> None:
    fields = {name: value[:500] for name, value in fields.items()}
    try:
        before = DRAWING.move(drawing, status, **fields)
    except Conflict:
        return
    _told(SYSTEM, drawing, f"drawing.{status}", from_=before)


def _told(actor: Actor, drawing: Drawing, type: str, from_: str = "") -> None:
    persona = drawing.persona
    data = {"persona": str(persona.pk), "style": drawing.style} | (
        {"reason": drawing.reason} if drawing.reason else {}
    )
    people = {persona.owner_id, drawing.asked_by_id} - {None}
    record(
        actor,
        type,
        drawing,
        from_=from_,
        to=drawing.status,
        streams=[f"inbox:{pk}" for pk in sorted(people, key=str)],
        data=data,
    )
