"""One of everything, owned by `owner`, and the five people who ask for it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from ai_integration.models import Budget, CallRecord, McpServer, McpTool
from ai_integration.services import credential_create
from foundation.accounts import services
from foundation.accounts.models import Invitation, PersonalToken, Role, User
from foundation.activity.models import AuditEntry, Notification
from foundation.core.actors import SYSTEM
from knowledge.models import Note
from knowledge.services import source_create, vault_register, vault_sync
from personas.models import Persona
from personas.services import picture_set
from plans.models import Channel, PlanTemplate
from tests import factories
from tests.matrix.rules import SHARED_KINDS
from tests.personas.test_pictures import picture
from tests.workflows.pages import finished
from workflows.models import Discussion, Minutes, Workflow
from workflows.services import project_create

CANARY = "CANARY極秘"
ROLES = {"stranger": "member", "viewer": "viewer", "member": "member", "owner": "owner"}


@dataclass
class World:
    people: dict[str, Any]
    things: dict[str, Any]
    tokens: dict[str, str]
    cookies: dict[str, str]

    def api(self, person: str) -> APIClient:
        client = APIClient()
        if person != "anonymous":
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.tokens[person]}")
        return client

    def browser(self, person: str) -> Client:
        client = Client(headers={"accept": "text/html"})
        if person != "anonymous":
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[person]
        return client


def build(folder: Path) -> World:
    password = make_password("a password that nobody types")  # once: it takes a while
    people = {name: User.objects.create(username=name, password=password) for name in ROLES}
    for name, role in ROLES.items():
        people[name].groups.add(Role.objects.get(name=role).group)
    things = _things(people, folder)
    for kind in SHARED_KINDS:
        services.access_grant(SYSTEM, things[kind], to=people["viewer"], level="view")
        services.access_grant(SYSTEM, things[kind], to=people["member"], level="operate")
    for member in things["personateam"].members.all():
        services.access_grant(SYSTEM, member, to=people["viewer"], level="view")
    tokens = {name: services.token_pair_create(person).access for name, person in people.items()}
    return World(people, things, tokens, {name: _cookie(person) for name, person in people.items()})


def _things(people: dict[str, Any], folder: Path) -> dict[str, Any]:
    owner = people["owner"]
    (folder / "vault").mkdir(parents=True)
    text = f"# {CANARY}の価格\n\n{CANARY}は千円です。\n"
    (folder / "vault" / f"{CANARY}.md").write_text(text, encoding="utf-8")
    vault = vault_register(owner, name=f"{CANARY} vault", path=str((folder / "vault").resolve()))
    vault_sync(vault)
    team = factories.team(owner, name=f"{CANARY} team")
    persona = team.members.first()
    picture_set(owner, persona, drawn=picture("WEBP"))
    workflow = finished(owner, f"{CANARY} workflow")
    plan = factories.plan(owner, of=team)
    type(plan).objects.filter(pk=plan.pk).update(title=f"{CANARY} plan")
    project = project_create(owner, name=f"{CANARY} project")
    Workflow.objects.filter(pk=workflow.pk).update(plan=plan, project=project)
    return _about(people, workflow) | {
        "vault": vault._meta.model.objects.get(pk=vault.pk),
        "note": Note.objects.get(),
        "source": source_create(owner, title=f"{CANARY} source", text=text),
        "personateam": team,
        "persona": Persona.objects.get(pk=persona.pk),
        "project": project,
        "workflow": workflow,
        "task": workflow.tasks.get(),
        "plan": plan,
        "approval": plan.requests.get(),
        "discussion": _discussion(owner),
        "credential": credential_create(
            owner, provider="openai", label="canary", api_key="sk-CANARY-0123456789"
        ),
    }


def _about(people: dict[str, Any], workflow: Workflow) -> dict[str, Any]:
    """What hangs on people rather than on things."""
    owner = people["owner"]
    call = CallRecord.objects.create(
        key=f"task:{CANARY}", owner=owner, subject_id=workflow.pk, job="work", provider="builtin", model="x"
    )
    return {
        "people_team": services.people_team_create(
            owner, name=f"{CANARY} people", members=[people["viewer"], people["member"]]
        ),
        "user": owner,
        "role": Role.objects.get(name="auditor"),
        "notification": Notification.objects.create(
            user=owner, type="x.y", title=f"{CANARY} note", object_kind="workflow", object_id=workflow.pk
        ),
        "audit": AuditEntry.objects.filter(actor=owner).first(),
        "call": call,
    } | _kept_by(owner)


def _kept_by(owner: Any) -> dict[str, Any]:
    """What is one person's own, or the installation's."""
    server = McpServer.objects.create(owner=owner, name="canary", command=["/nowhere"], enabled=False)
    McpTool.objects.create(server=server, name="canary", digest="d")
    return {
        "invitation": Invitation.objects.create(
            invited_by=owner,
            role=Role.objects.get(name="viewer"),
            email="canary@example.com",
            digest="d",
            expires_at=timezone.now() + timedelta(days=1),
        ),
        "personal_token": PersonalToken.objects.create(
            user=owner,
            name=f"{CANARY} token",
            digest="d",
            hint="abcd",
            expires_at=timezone.now() + timedelta(days=1),
        ),
        "budget": Budget.objects.create(
            scope="user", target=str(owner.pk), period="month", tokens=1, owner=owner
        ),
        "mcp_server": server,
        "plan_template": PlanTemplate.objects.create(owner=owner, name=f"{CANARY} template", content={}),
        "approval_channel": Channel.objects.create(
            owner=owner, name=f"{CANARY} channel", address="http://127.0.0.1:9/", place="127.0.0.1"
        ),
    }


def _discussion(owner: Any) -> Discussion:
    made = Discussion.objects.create(
        owner=owner, topic=f"{CANARY} topic", first_topic=f"{CANARY} topic", status="ended"
    )
    Minutes.objects.create(discussion=made, markdown=f"# {CANARY} minutes")
    return made


def _cookie(person: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
