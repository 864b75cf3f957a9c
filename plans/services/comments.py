"""Comments on a version and its items, and what the author of a later version says about them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ai_integration.jobs import CommentAnswer
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import require
from plans.models import ApprovalRequest, Plan, PlanComment, PlanVersion
from plans.selectors import may_decide
from plans.services.bound import streams_of

MOST = 500


def require_comment(actor: Actor, plan: Plan) -> None:
    """Raises Forbidden for whoever may neither comment on the plan nor decide on it."""
    if not may_decide(actor, plan, plan.requests.order_by("-created_at", "-id").first()):
        require(actor, "comment", plan)


@transaction.atomic
def plan_comment(actor: Actor, plan: Plan, *, version: PlanVersion, item: str = "", text: str) -> PlanComment:
    """Say something about one version, or one item of it, without deciding. Raises Invalid, Conflict `too_many_comments`.

    Whoever may comment on the plan or decide on it may speak.
    """
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    require_comment(actor, plan)
    if not text.strip():
        raise Invalid(details={"text": [_("This is needed.")]})
    _check_item(version, item)
    made = _make(actor, plan, version, [(item, text)], None, asks_change=False)[0]
    record(
        actor,
        "plan.commented",
        plan,
        streams=streams_of(plan),
        data={"version": version.number, "item": item, "number": made.number},
        notify=[plan.owner] if plan.owner_id != actor.pk else [],
        title=plan.title,
    )
    return made


def comments_make(
    actor: Actor,
    plan: Plan,
    request: ApprovalRequest,
    *,
    comment: str,
    comments: list[dict[str, Any]],
    asks_change: bool,
) -> None:
    """Keep what was said with a decision. Called inside it, with the plan locked."""
    said = [(each.get("item") or "", each["text"]) for each in comments]
    for item, _text in said:
        _check_item(plan.current, item)
    if comment.strip():
        said.insert(0, ("", comment))
    _make(actor, plan, plan.current, said, request, asks_change=asks_change)


def comments_answer(plan: Plan, version: PlanVersion, answers: Iterable[CommentAnswer], *, by: str) -> None:
    """Keep with each comment what the author of `version` says they did about it. Called inside the edit.

    An answer to a comment that does not exist, or that has one already, is dropped: a model may number as it likes.
    """
    waiting = {each.number: each for each in plan.comments.filter(answered_in=None).exclude(version=version)}
    for answer in answers:
        comment = waiting.pop(answer.comment, None)
        if comment is not None:
            comment.answer, comment.followed = answer.text, answer.done
            comment.answered_in, comment.answered_by = version, by[:150]
            comment.save(update_fields=["answer", "followed", "answered_in", "answered_by", "updated_at"])


def _check_item(version: PlanVersion, item: str) -> None:
    if item and item not in {each["key"] for each in version.content["items"]}:
        raise Invalid(details={"item": [_("This version has no item %s.") % item[:40]]})


def _make(
    actor: Actor,
    plan: Plan,
    version: PlanVersion,
    said: list[tuple[str, str]],
    request: ApprovalRequest | None,
    *,
    asks_change: bool,
) -> list[PlanComment]:
    last = plan.comments.aggregate(last=Max("number"))["last"] or 0
    if last + len(said) > MOST:
        raise Conflict(_("There are too many comments on this plan."), code="too_many_comments")
    fields = {"plan": plan, "version": version, "author_id": actor.pk, "asks_change": asks_change}
    rows = [
        PlanComment(number=number, item=item, text=text.strip(), author_name=str(actor)[:150], **fields)
        for number, (item, text) in enumerate(said, last + 1)
    ]
    return PlanComment.objects.bulk_create(rows)
