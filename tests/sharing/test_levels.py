"""What each level lets do, whom it reaches, and what it is handed on to."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from foundation.accounts.models import Role, Team, User
from foundation.accounts.reasons import who_may_see
from foundation.accounts.services import access_grant, access_withdraw, people_team_update, user_update
from foundation.core.actors import SYSTEM
from foundation.core.errors import Forbidden, Invalid
from foundation.core.permissions import LEVELS, may
from personas.services import team_update
from workflows.services import project_create, project_update

KINDS = (
    "project",
    "workflow",
    "plan",
    "discussion",
    "personateam",
    "vault",
    "persona",
    "source",
    "credential",
)
ACTIONS = {"view": 0, "comment": 1, "operate": 2, "change": 3, "delete": 3, "share": 3}


def allowed(user: Any, obj: Any) -> set[str]:
    """At the next request, which reads the person anew."""
    user = User.objects.get(pk=user.pk)
    return {action for action in ACTIONS if may(user, action, obj)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_level_holds_those_before_it(things, colleague: User, kind: str, level: str) -> None:
    obj = things[kind]
    assert allowed(colleague, obj) == set()
    access_grant(SYSTEM, obj, to=colleague, level=level)
    reached = {action for action, least in ACTIONS.items() if least <= LEVELS.index(level)}
    assert allowed(colleague, obj) == reached
    access_grant(SYSTEM, obj, to=colleague, level="view")  # another level takes the place of the first
    assert allowed(colleague, obj) == {"view"}
    access_withdraw(SYSTEM, obj, to=colleague)
    assert allowed(colleague, obj) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_roles_and_teams_reach_their_people(things, colleague: User, people: Team, kind: str) -> None:
    obj = things[kind]
    for to in (Role.objects.get(name="member"), people):
        access_grant(SYSTEM, obj, to=to, level="operate")
        assert allowed(colleague, obj) == {"view", "comment", "operate"}
        access_withdraw(SYSTEM, obj, to=to)
        assert allowed(colleague, obj) == set()


def test_who_leaves_a_team_leaves_what_was_shared_with_it(things, colleague: User, people: Team) -> None:
    access_grant(SYSTEM, things["project"], to=people, level="operate")
    assert allowed(colleague, things["workflow"])
    people_team_update(SYSTEM, people, members=[])
    assert allowed(colleague, things["workflow"]) == set()


HANDED_ON = {  # the highest level that a manager of the project gets
    "workflow": "manage",
    "plan": "manage",
    "discussion": "manage",
    "personateam": "operate",
    "vault": "operate",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("level", LEVELS)
def test_a_project_hands_on_to_what_it_holds(things, colleague: User, kind: str, level: str) -> None:
    access_grant(SYSTEM, things["project"], to=colleague, level=level)
    most = "manage" if kind == "project" else HANDED_ON.get(kind)
    least = min(LEVELS.index(level), LEVELS.index(most)) if most else -1
    assert allowed(colleague, things[kind]) == {each for each, needed in ACTIONS.items() if needed <= least}
    member = things["personateam"].members.first()
    assert may(colleague, "operate", member) == (level in ("operate", "manage"))
    assert not may(colleague, "change", member)


def test_what_somebody_else_owns_is_not_given_away_by_naming_it(things, owner, colleague, stranger) -> None:
    """A project may use what was shown to its owner, and shows it to nobody further."""
    mine = things["vault"]
    access_grant(SYSTEM, mine, to=colleague, level="view")
    access_grant(SYSTEM, things["personateam"], to=colleague, level="operate")
    theirs = project_create(colleague, name="Theirs", vault=mine.pk, team=things["personateam"].pk)
    access_grant(colleague, theirs, to=stranger, level="manage")
    assert not may(stranger, "view", mine)
    assert not may(stranger, "view", things["personateam"])
    assert not may(stranger, "view", things["personateam"].members.first())


def test_who_manages_a_project_brings_only_what_they_may_share(things, owner, colleague) -> None:
    access_grant(SYSTEM, things["project"], to=colleague, level="manage")
    secret = type(things["vault"]).objects.create(owner=owner, name="Secret", path="/nowhere/secret")
    access_grant(SYSTEM, secret, to=colleague, level="view")
    with pytest.raises(Forbidden):
        project_update(colleague, things["project"], vault=secret.pk)
    access_grant(SYSTEM, secret, to=colleague, level="manage")
    assert project_update(colleague, things["project"], vault=secret.pk).vault == secret


def test_who_manages_a_team_brings_only_whom_they_may_share(things, owner, colleague) -> None:
    team, secretary = things["personateam"], things["persona"]
    there = list(team.members.all())
    access_grant(SYSTEM, team, to=colleague, level="manage")
    access_grant(SYSTEM, secretary, to=colleague, level="operate")
    with pytest.raises(Forbidden):
        team_update(colleague, team, members=[*there, secretary])
    assert team_update(colleague, team, name="新しい名前", members=there).members.count() == len(there)
    access_grant(SYSTEM, secretary, to=colleague, level="manage")
    assert secretary in team_update(colleague, team, members=[*there, secretary]).members.all()


def test_approving_takes_a_role_that_says_so(things, owner, colleague: User) -> None:
    plan = things["plan"]
    access_grant(SYSTEM, plan, to=colleague, level="manage")
    assert not may(colleague, "approve", plan)
    colleague.groups.add(Role.objects.get(name="approver").group)
    assert may(User.objects.get(pk=colleague.pk), "approve", plan)
    access_grant(SYSTEM, plan, to=colleague, level="comment")
    assert not may(User.objects.get(pk=colleague.pk), "approve", plan)
    assert may(owner, "approve", plan)


@pytest.mark.parametrize(
    ("to", "level"), [("owner", "view"), ("colleague", "admin"), ("colleague", ""), ("gone", "view")]
)
def test_what_makes_no_sense_is_refused(things, owner, colleague: User, to: str, level: str) -> None:
    if to == "gone":
        user_update(SYSTEM, colleague, is_active=False)
        colleague.refresh_from_db()
    who = owner if to == "owner" else colleague
    with pytest.raises(Invalid):
        access_grant(SYSTEM, things["persona"], to=who, level=level)
    with pytest.raises(Invalid):
        access_withdraw(SYSTEM, things["persona"], to=who)


@pytest.mark.parametrize("level", LEVELS[:3])
def test_only_a_manager_shares(things, colleague: User, stranger: User, level: str) -> None:
    obj = things["workflow"]
    with pytest.raises(Forbidden):
        access_grant(colleague, obj, to=stranger, level="view")
    access_grant(SYSTEM, obj, to=colleague, level=level)
    with pytest.raises(Forbidden):
        access_grant(colleague, obj, to=colleague, level="manage")
    access_grant(SYSTEM, obj, to=stranger, level="view")
    with pytest.raises(Forbidden):
        access_withdraw(colleague, obj, to=stranger)
    access_withdraw(colleague, obj, to=colleague)  # one's own one may give up
    assert allowed(colleague, obj) == set()


def test_reasons_and_rights_say_the_same(things, owner, colleague, stranger, teammate, people) -> None:
    """Whoever is told to see a thing sees it at just that level, and nobody else does."""
    access_grant(SYSTEM, things["project"], to=people, level="comment")
    access_grant(SYSTEM, things["workflow"], to=stranger, level="operate")
    access_grant(SYSTEM, things["personateam"], to=Role.objects.get(name="viewer"), level="manage")
    access_grant(SYSTEM, things["credential"], to=colleague, level="view")
    type(things["credential"]).objects.update(shared=True)
    User.objects.create_superuser("chief", password=None)
    gone = User.objects.create_user("gone", password=None)
    access_grant(SYSTEM, things["vault"], to=gone, level="manage")
    User.objects.filter(pk=gone.pk).update(is_active=False)

    everything = [*things.values(), *things["personateam"].members.all()]
    least = {level: action for action, level in (("view", 0), ("comment", 1), ("operate", 2), ("share", 3))}
    for obj in everything:
        told = {each.user.pk: each.level for each in who_may_see(obj)}
        seen = {}
        for user in User.objects.all():
            levels = [LEVELS[level] for level, action in least.items() if may(user, action, obj)]
            if levels:
                seen[user.pk] = levels[-1]
        assert told == seen, obj
    assert not may(AnonymousUser(), "view", things["project"])


def test_it_takes_no_more_queries_for_more_people(things, django_assert_max_num_queries) -> None:
    crowd = [User.objects.create_user(f"user {number}", password=None) for number in range(40)]
    for user in crowd:
        access_grant(SYSTEM, things["project"], to=user, level="view")
    with django_assert_max_num_queries(25):
        assert len(who_may_see(things["plan"])) == 41
