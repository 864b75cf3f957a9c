"""Commands by which the commander holds a discussion: begin, speak, ask, change the topic, pause, end.

They take effect at the next turn: whoever speaks at the moment is heard out.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import fetch_given, require, require_permission
from foundation.core.text import language_of
from knowledge.models import Source, Vault
from personas.models import Persona
from workflows.models import Discussion, DiscussionMessage, Participant, Project
from workflows.services.saying import discussion_move, discussion_queue, held, message_add
from workflows.states import DiscussionKind, DiscussionStatus, MessageKind, Stop
from workflows.talk_words import why

MAX_TOPIC = 4000
MAX_TEXT = 8000
MAX_SEATS = 12
MAX_ROUNDS = 20
OVER = (DiscussionStatus.CONCLUDING, DiscussionStatus.ENDED)


@transaction.atomic
def discussion_create(
    actor: Actor,
    *,
    topic: str,
    participants: list[Any],
    kind: str = DiscussionKind.QUESTION,
    max_rounds: int = 3,
    moderator: Any = None,
    project: Any = None,
    vault: Any = None,
    sources: list[Any] | None = None,
    queued: bool = True,
) -> Discussion:
    """Begin a discussion; everything that it names is an id. The vault is the project's when none is named.

    `participants` are personas that the actor may give work to, in the order in which they sit. Raises Invalid, Forbidden.
    """
    require_permission(actor, "discussion:create")
    topic = _checked("topic", topic, MAX_TOPIC)
    into = fetch_given("project", Project.objects.all(), actor, "operate", project) if project else None
    discussion = Discussion.objects.create(
        owner=actor,
        topic=topic,
        first_topic=topic,
        kind=kind,
        language=language_of(topic),
        max_rounds=_between("max_rounds", max_rounds, MAX_ROUNDS),
        moderator=_persona(actor, "moderator", moderator) if moderator else None,
        project=into,
        vault=_vault(actor, vault or (into.vault_id if into else None)),
    )
    discussion.sources.set(_sources(actor, sources or []))
    seated = _seat(actor, discussion, participants)
    data = {"topic": topic[:300], "kind": kind, "participants": seated}
    record(actor, "discussion.created", discussion, streams=[discussion.stream], data=data)
    if queued:
        discussion_queue(discussion)
    return discussion


def question_begin(
    actor: Actor, *, persona: Any, question: str, vault: Any = None, sources: list[Any] | None = None
) -> Discussion:
    """A single question to one persona, stored but not yet answered: `engine.discussions.answer_now` has it answered."""
    try:
        return discussion_create(
            actor,
            topic=question,
            participants=[persona],
            kind=DiscussionKind.ASK,
            max_rounds=1,
            vault=vault,
            sources=sources,
            queued=False,
        )
    except Invalid as error:
        named = {"topic": "question", "participants": "persona"}
        raise Invalid(
            details={named.get(field, field): why for field, why in error.details.items()}
        ) from error


@transaction.atomic
def discussion_delete(actor: Actor, discussion: Discussion) -> None:
    """Delete a discussion that has ended, failed or is paused. Minutes that were saved as a note stay in the vault."""
    discussion = require(actor, "delete", held(discussion))
    if discussion.status not in (DiscussionStatus.ENDED, DiscussionStatus.FAILED, DiscussionStatus.PAUSED):
        raise Conflict(
            _("End or pause it first."), code="still_active", details={"status": discussion.status}
        )
    record(actor, "discussion.deleted", discussion, data={"topic": str(discussion)})
    discussion.delete()


@transaction.atomic
def discussion_pause(actor: Actor, discussion: Discussion) -> Discussion:
    """Hear out who speaks, then let nobody speak until it is resumed."""
    discussion = _steered(actor, discussion)
    waits_for_budget = discussion.status == DiscussionStatus.WAITING_FOR_HUMAN and discussion.resumes_to
    back = discussion.resumes_to if waits_for_budget else discussion.status
    return discussion_move(actor, discussion, DiscussionStatus.PAUSED, resumes_to=back)


@transaction.atomic
def discussion_resume(actor: Actor, discussion: Discussion) -> Discussion:
    """Go on from where it was paused or failed; one that waits for an answer goes on without it."""
    discussion = _steered(actor, discussion)
    if discussion.status in (DiscussionStatus.ACTIVE, *OVER):
        details = {"status": discussion.status}
        raise Conflict(
            _("Only what is paused, waiting or failed can be resumed."),
            code="illegal_transition",
            details=details,
        )
    target = discussion.resumes_to or DiscussionStatus.ACTIVE
    stop = discussion.stop if target == DiscussionStatus.CONCLUDING else ""
    reason = discussion.reason if discussion.status == DiscussionStatus.PAUSED and stop else ""
    discussion_move(
        actor, discussion, target, resumes_to="", stop=stop, reason=reason, attempts=0, ended_at=None
    )
    discussion_queue(discussion)
    return discussion


@transaction.atomic
def discussion_end(actor: Actor, discussion: Discussion) -> Discussion:
    """End it; whoever speaks is heard out, then the minutes are written."""
    discussion = _steered(actor, discussion)
    _require_open(discussion)
    told = {"stop": Stop.COMMANDER, "reason": why(Stop.COMMANDER, discussion.language)}
    if (
        discussion.resumes_to == DiscussionStatus.CONCLUDING
    ):  # it had ended already, and only the minutes are missing
        told = {"stop": discussion.stop, "reason": ""}
    discussion_move(
        actor, discussion, DiscussionStatus.CONCLUDING, resumes_to="", attempts=0, ended_at=None, **told
    )
    discussion_queue(discussion)
    return discussion


@transaction.atomic
def discussion_interject(
    actor: Actor, discussion: Discussion, *, text: str, client_msg_id: UUID | None = None
) -> DiscussionMessage:
    """Say something, for which `comment` is enough. The next speaker knows it and answers it; a discussion that waited for
    an answer goes on.

    A repeat with the same `client_msg_id` returns what was stored the first time. Raises Conflict after the end.
    """
    discussion = require(actor, "comment", held(discussion))
    earlier = _earlier(actor, discussion, client_msg_id)
    if earlier:
        return earlier
    _require_open(discussion)
    message = _said(actor, discussion, MessageKind.INTERJECTION, text, client_msg_id=client_msg_id)
    _go_on(actor, discussion)
    return message


@transaction.atomic
def discussion_redirect(actor: Actor, discussion: Discussion, *, topic: str) -> DiscussionMessage:
    """Change the topic from here on; the rounds begin anew. What was said stays."""
    discussion = _steered(actor, discussion)
    _require_open(discussion)
    topic = _checked("topic", topic, MAX_TOPIC)
    message = _said(actor, discussion, MessageKind.REDIRECT, topic)
    Discussion.objects.filter(pk=discussion.pk).update(topic=topic, round=1)
    _go_on(actor, discussion)
    return message


@transaction.atomic
def discussion_clarify(
    actor: Actor, discussion: Discussion, *, persona: Any, question: str
) -> DiscussionMessage:
    """Ask one participant, who has the word next. `persona` is an id. Raises Invalid when it does not take part."""
    discussion = _steered(actor, discussion)
    _require_open(discussion)
    asked = getattr(persona, "pk", persona)
    seat = discussion.seats.select_related("persona").filter(persona__is_active=True, persona=asked).first()
    if asked is None or seat is None:
        raise Invalid(details={"persona": [_("Nobody with this id takes part.")]})
    message = _said(
        actor, discussion, MessageKind.CLARIFICATION, question, field="question", asked=seat.persona
    )
    _go_on(actor, discussion)
    return message


def _steered(actor: Actor, discussion: Discussion) -> Discussion:
    return require(actor, "operate", held(discussion))


def _require_open(discussion: Discussion) -> None:
    if discussion.status in OVER or discussion.kind == DiscussionKind.ASK:
        raise Conflict(
            _("This discussion is over."), code="discussion_over", details={"status": discussion.status}
        )


def _go_on(actor: Actor, discussion: Discussion) -> None:
    if discussion.status == DiscussionStatus.WAITING_FOR_HUMAN and not discussion.resumes_to:
        discussion_move(actor, discussion, DiscussionStatus.ACTIVE, reason="", stop="")
    elif discussion.resumes_to == DiscussionStatus.WAITING_FOR_HUMAN:  # paused while it waited for this
        Discussion.objects.filter(pk=discussion.pk).update(resumes_to=DiscussionStatus.ACTIVE)
    discussion_queue(discussion)


def _said(
    actor: Actor, discussion: Discussion, kind: str, text: str, *, field: str = "text", **fields: Any
) -> DiscussionMessage:
    checked = _checked(field, text, MAX_TEXT)
    who = {"user": actor if actor.pk else None, "author": str(actor)[:150]}
    return message_add(actor, discussion, kind=kind, text=checked, **who, **fields)


def _earlier(actor: Actor, discussion: Discussion, client_msg_id: UUID | None) -> DiscussionMessage | None:
    if client_msg_id is None:
        return None
    found = discussion.messages.filter(client_msg_id=client_msg_id).first()
    if found and found.user_id != actor.pk:
        raise Conflict(_("Somebody else used this id for a message."), code="client_msg_id_taken")
    return found


def _seat(actor: Actor, discussion: Discussion, participants: list[Any]) -> list[str]:
    """Give everybody a seat; returns how they are called."""
    ids = list(dict.fromkeys(str(getattr(each, "pk", each)) for each in participants))
    if not 1 <= len(ids) <= MAX_SEATS:
        raise Invalid(details={"participants": [_("Between 1 and %d participants.") % MAX_SEATS]})
    names: list[str] = []
    for seat, pk in enumerate(ids):
        persona = _persona(actor, "participants", pk)
        names.append(_distinct(persona.name, names))
        Participant.objects.create(discussion=discussion, persona=persona, name=names[-1], seat=seat)
    return names


def _distinct(name: str, taken: list[str]) -> str:
    """Secretaries of different owners may bear one name; in a discussion each is called differently."""
    number = 2
    found = name
    while found in taken:
        found, number = f"{name[:95]} {number}", number + 1
    return found


def _persona(actor: Actor, field: str, pk: Any) -> Persona:
    return fetch_given(field, Persona.objects.filter(is_active=True), actor, "operate", getattr(pk, "pk", pk))


def _sources(actor: Actor, ids: list[Any]) -> list[Source]:
    return [fetch_given("sources", Source.objects.all(), actor, "view", each) for each in ids]


def _vault(actor: Actor, pk: Any) -> Vault | None:
    return fetch_given("vault", Vault.objects.all(), actor, "view", getattr(pk, "pk", pk)) if pk else None


def _checked(field: str, text: str, most: int) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(details={field: [_("Write something.")]})
    if len(text) > most:
        raise Invalid(details={field: [_("At most %d characters.") % most]})
    return text


def _between(field: str, number: int, most: int) -> int:
    if not 1 <= number <= most:
        raise Invalid(details={field: [_("Between 1 and %d.") % most]})
    return number
