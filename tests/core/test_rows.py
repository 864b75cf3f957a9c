"""Statements that are composed once say the same as those that the ORM composes every time."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from foundation.accounts.models import User
from foundation.core.prepared import Prepared
from foundation.core.rows import update
from tests.factories import draft_workflow, team
from workflows.models import Run, Workflow

pytestmark = pytest.mark.django_db


def test_a_prepared_question_brings_what_the_orm_brings(owner: User) -> None:
    asked = Prepared(
        lambda pk: Workflow.objects.filter(pk=pk).select_related("owner", "team").order_by(), UUID
    )
    for _number in range(2):  # the second is asked with what the first has prepared
        workflow = draft_workflow(owner, team=team(owner, name=str(uuid4())).pk)
        [found], [by_text] = asked(workflow.pk), asked(str(workflow.pk))
        names = [each.attname for each in Workflow._meta.concrete_fields]
        as_ever = Workflow.objects.get(pk=workflow.pk)
        assert [getattr(found, name) for name in names] == [getattr(as_ever, name) for name in names]
        assert found == by_text
        with CaptureQueriesContext(connection) as more:
            assert (found.owner, found.team) == (owner, workflow.team)
        assert not more
    assert asked(uuid4()) == []


def test_it_knows_what_was_changed_since(owner: User) -> None:
    asked = Prepared(lambda pk: Workflow.objects.filter(pk=pk), UUID)
    workflow = draft_workflow(owner)
    asked(workflow.pk)
    Workflow.objects.filter(pk=workflow.pk).update(title="another")
    assert [each.title for each in asked(workflow.pk)] == ["another"]


def test_numbers_and_words_stand_where_they_belong(owner: User) -> None:
    asked = Prepared(
        lambda fence, owner: Run.objects.filter(Q(fence=fence), lease_owner=owner, attempts__lt=3), int, str
    )
    run = draft_workflow(owner).run
    Run.objects.filter(pk=run.pk).update(fence=7, lease_owner="me", attempts=2)
    assert asked(7, "me") == [run]
    assert asked(7, "you") == asked(8, "me") == []
    Run.objects.filter(pk=run.pk).update(attempts=3)
    assert asked(7, "me") == []


@pytest.mark.parametrize(
    "build",
    [
        lambda pk: Workflow.objects.filter(Q(pk=pk) | Q(plan=pk)),
        lambda _pk: Workflow.objects.all(),
        lambda pk: Workflow.objects.filter(title__contains=str(pk)),
    ],
)
def test_what_cannot_be_prepared_is_refused(build: Callable[..., QuerySet]) -> None:
    with pytest.raises(ValueError, match="once, as it is"):
        Prepared(build, UUID)(uuid4())


def test_an_update_sets_what_the_orm_sets(owner: User, stranger: User) -> None:
    workflow, other = draft_workflow(owner), draft_workflow(owner)
    now = timezone.now()
    values = {"title": "it's", "budget": {"money": 5}, "owner": stranger, "plan": None, "finished_at": now}
    assert update(Workflow, {"pk": workflow.pk, "status": workflow.status}, values) == 1
    found = Workflow.objects.get(pk=workflow.pk)
    assert {name: getattr(found, name) for name in values} == values
    assert Workflow.objects.get(pk=other.pk).title == other.title
    assert update(Workflow, {"pk": workflow.pk, "status": "no such"}, values) == 0


def test_what_the_database_computes_is_left_to_it(owner: User) -> None:
    run = draft_workflow(owner).run
    assert update(Run, {"pk": run.pk}, {"attempts": F("attempts") + 2}) == 1
    assert Run.objects.get(pk=run.pk).attempts == run.attempts + 2
