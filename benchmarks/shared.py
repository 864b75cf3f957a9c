"""Many things, owned and shared in every way: by their owner, person by person, through 50 groups, through a project."""

from typing import Any

GROUPS = 50
TEXT = "新製品の価格と納期を調べて、出典のある報告書にまとめてください。" * 4
BATCH = 2000
FEW = {"own": 20, "direct": 20, "group": GROUPS, "project": 30}
SHARES = {"own": 20, "direct": 5, "group": 20, "project": 5}  # of a hundred, of the one who sees many


def people() -> dict[str, Any]:
    """`many` sees half of everything, `few` about 120 things, `all` is a superuser: no object permission is asked.

    Both of the first are in 50 groups of their own.
    """
    from django.contrib.auth.models import Group

    from foundation.accounts.models import Role, User
    from foundation.accounts.services import roles_seed

    roles_seed()
    found = {name: User.objects.get_or_create(username=name)[0] for name in ("many", "few", "other")}
    found["all"] = User.objects.get_or_create(username="all", defaults={"is_superuser": True})[0]
    for name in ("many", "few"):
        groups = [Group.objects.get_or_create(name=f"bench:{name}:{number}")[0] for number in range(GROUPS)]
        found[name].groups.set([*groups, Role.objects.get(name="member").group])
    return found


def fill(count: int) -> None:
    """`count` workflows with a task each, and as many personas."""
    from django.db import connection, transaction

    who = people()
    with transaction.atomic():
        _workflows(who, count)
        _personas(who, count)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its autovacuum does within a minute


def _workflows(who: dict[str, Any], count: int) -> None:
    from workflows.models import Project, Task, Workflow

    projects = {name: Project.objects.create(owner=who["other"], name=name) for name in ("many", "few")}
    for name, project in projects.items():
        _share(project, who[name])
    for first in range(0, count, BATCH):
        ways = [(number, *_way(number, count)) for number in range(first, min(first + BATCH, count))]
        rows = [
            Workflow(
                owner=who[name] if way == "own" else who["other"],
                title=f"調査 {number}",
                requirement=TEXT,
                project=projects[name] if way == "project" else None,
                status="completed",
                progress=100,
            )
            for number, name, way in ways
        ]
        Workflow.objects.bulk_create(rows)
        _grants(Workflow, rows, ways, who)
        Task.objects.bulk_create(
            Task(workflow=row, position=0, key="t", title=row.title, status="done") for row in rows
        )


def _personas(who: dict[str, Any], count: int) -> None:
    from personas.models import Persona

    there = Persona.objects.count()
    for first in range(0, count, BATCH):
        ways = [(number, *_way(number, count)) for number in range(first, min(first + BATCH, count))]
        rows = [
            Persona(
                owner=who[name] if way == "own" else who["other"], name=f"秘書 {there + number}", role="調査"
            )
            for number, name, way in ways
        ]
        Persona.objects.bulk_create(rows)
        _grants(Persona, rows, ways, who)


def _way(number: int, count: int) -> tuple[str, str]:
    """Whose it is, and how they get at it. What `few` sees is spread evenly over all of it."""
    every = max(2, count // sum(FEW.values()))
    if number % every == 0:
        ways = [way for way, times in FEW.items() for _ in range(times)]
        place = number // every
        return ("few", ways[place]) if place < len(ways) else ("other", "")
    place = number * 37 % 100
    for way, share in SHARES.items():
        if place < share:
            return "many", way
        place -= share
    return "other", ""


def _grants(model: Any, rows: list[Any], ways: list[Any], who: dict[str, Any]) -> None:
    from django.contrib.auth.models import Group, Permission

    from foundation.core.permissions import share_tables

    view = Permission.objects.get(codename=f"view_{model._meta.model_name}")
    to_users, to_groups = share_tables(model) or (None, None)
    groups = {each.name: each for each in Group.objects.filter(name__startswith="bench:")}
    to_users.objects.bulk_create(
        to_users(user=who[name], permission=view, content_object=row)
        for row, (_number, name, way) in zip(rows, ways, strict=True)
        if way == "direct"
    )
    to_groups.objects.bulk_create(
        to_groups(group=groups[f"bench:{name}:{number % GROUPS}"], permission=view, content_object=row)
        for row, (number, name, way) in zip(rows, ways, strict=True)
        if way == "group"
    )


def _share(obj: Any, user: Any) -> None:
    from foundation.accounts.services import access_grant
    from foundation.core.actors import SYSTEM

    access_grant(SYSTEM, obj, to=user, level="view")
