"""A platform with at least one row of every kind, and people who look at it."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ai_integration.mcp.targets import Listed
from ai_integration.models import CallRecord, Reservation
from ai_integration.services import (
    budget_add,
    budget_set,
    credential_create,
    default_model_set,
    mcp_server_create,
    profile_set,
    rate_set,
    sign_in_begin,
    sign_in_keep,
    tool_rule_set,
    tools_store,
)
from foundation.accounts import services
from foundation.accounts.models import Invitation, Role, Team, User
from foundation.activity.models import AuditEntry, IdempotencyRecord
from foundation.activity.services import audit_seal
from foundation.core.actors import SYSTEM
from knowledge.models import NoteWrite
from knowledge.services import source_create, vault_register, vault_sync
from knowledge.states import WriteStatus
from personas.models import Drawing, Persona
from plans.models import Message
from plans.services import channel_create, plan_comment, template_save
from plans.services.outbox import link_create
from tests import factories
from tests.notes import write_notes
from tests.pages import signed_in
from tests.workflows.conftest import House
from tests.workflows.driving import crank
from tests.workflows.talking import begin, talk
from workflows.models import Review
from workflows.services import project_create, workflow_create

WRITES = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "?([a-z_]+)"?', re.IGNORECASE)
# Written beside a command: Django's own journal of its pages, sessions and messages.
DJANGOS = {LogEntry._meta.db_table, "django_session"}


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def audited(action: str) -> int:
    return AuditEntry.objects.filter(action=action).count()


def act(client: Client, row: Any, action: str) -> str:
    """Choose the row in its list and carry out `action`; returns the page with the messages."""
    given = {"action": action, "_selected_action": [str(row.pk)]}
    return client.post(address(type(row), "changelist"), given, follow=True).content.decode()


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("administrator", password=None)


@pytest.fixture
def admin(administrator: User) -> Client:
    return signed_in(administrator, "en")


@pytest.fixture
def staff(db: None) -> Callable[..., User]:
    """`staff("member")`: somebody who may enter the admin, with the rights of that role."""

    def made(*roles: str) -> User:
        user = User.objects.create_user(f"staff {' '.join(roles)}", password=None, is_staff=True)
        for role in Role.objects.filter(name__in=roles):
            services.role_grant(SYSTEM, role, user=user)
        return user

    return made


@pytest.fixture
def full_house(transactional_db: None, administrator: User, tmp_path: Any) -> None:
    """One row at least of every model, most of them made by a run and a discussion from begin to end."""
    me = administrator
    team = factories.team(me, "調査", "執筆", "企画", "レビュー")
    (notes := write_notes(tmp_path / "vault")).joinpath("links.md").write_text("[[価格]]", encoding="utf-8")
    vault = vault_register(me, name="Vault", path=str(notes))
    vault_sync(vault)
    source = source_create(me, title="Source", text="# 価格\n\n価格は千円です。")
    project = project_create(me, name="Project", team=team.pk, vault=vault.pk)
    done = crank(
        workflow_create(
            me,
            requirement="新製品の価格と納期を調べて、報告書にまとめてください。",
            project=project.pk,
            sources=[source.pk],
            auto_approve=True,
        )
    )
    assert done.status in ("completed", "completed_with_gaps")
    assert Review.objects.exists()
    factories.plan(me, of=team)
    talk(begin(House(me, team, vault)))
    _desk(me)
    _rows_of_their_own(me, vault)


def _desk(me: User) -> None:
    """What the approval desk keeps."""
    channel_create(me, name="Hook", address="json://203.0.113.1/x")
    policy = {"steps": [{"users": [str(me.pk)], "needed": 1}], "deadline_hours": 5}
    work = workflow_create(me, requirement="x", auto_start=False, policy=policy)
    plan = factories.plan(me, subject_id=work.pk)
    plan_comment(me, plan, version=plan.current, text="Why?")
    template_save(me, plan, name="Template")
    link_create(Message.objects.select_related("channel__owner", "request")[0])


def _signed_in(me: User, server: Any) -> None:
    """A sign-in that was kept, and another one that is under way."""
    told = {"url": "", "issuer": "https://auth.example", "expires_at": None}
    tokens = {"access": "canary-access", "refresh": "canary-refresh"}
    sign_in_keep(me, server, client={"client_id": "x", "secret": "canary-client"}, tokens=tokens, **told)
    sign_in_begin(
        me, server, state="s", session="", issuer="https://auth.example", kept={"verifier": "canary-verifier"}
    )


def _rows_of_their_own(me: User, vault: Any) -> None:
    credential_create(me, provider="openai", api_key="sk-canary-0123456789")
    default_model_set(me, model="builtin")
    server = mcp_server_create(me, name="tools", command=["/bin/cat"])
    listed = Listed("read", "", "Reads.", {"type": "object"}, {})
    tools_store(me, server.pk, {"read": listed})
    tool_rule_set(me, server, "read", policy="deny", persona_id=server.pk)
    _signed_in(me, server)
    profile_set(me, reference="openai:gpt-5-mini", context=1000)
    rate_set(me, per_dollar=Decimal(150))
    budget = budget_set(me, scope="installation", period="month", tokens=10**12)
    spending = budget_add(me, budget, tokens=5)
    call, soon = CallRecord.objects.first(), timezone.now() + timedelta(minutes=5)
    Reservation.objects.create(spending=spending, call=call, tokens=1, expires_at=soon)
    services.people_team_create(me, name="Team")
    Drawing.objects.create(persona=Persona.objects.filter(owner=me).first(), style="ink")
    audit_seal()
    services.token_pair_create(me)
    services.socket_ticket_create(me, credential="session:x")
    services.personal_token_create(me, name="Token", scopes=["read"], days=1)
    Invitation.objects.create(
        role=Role.objects.first(), digest="0", expires_at=timezone.now() + timedelta(days=1)
    )
    IdempotencyRecord.objects.create(user=me, key="k", route="r", request_hash="h", status=201, body={})
    about = ContentType.objects.get_for_model(Team)
    LogEntry.objects.create(
        user=me, content_type=about, object_id="1", object_repr="Team", action_flag=CHANGE
    )
    if not NoteWrite.objects.exists():
        NoteWrite.objects.create(
            unique_key="k", vault=vault, path="a.md", path_key="a.md", sha256="0", status=WriteStatus.INTENDED
        )


@pytest.fixture
def recorded() -> Iterator[None]:
    """Whatever a request writes, `record()` is among it. Watches the statements, so that no path can be forgotten."""
    watched: dict[str, set[str]] = {"tables": set()}

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if found := WRITES.match(sql):
            watched["tables"].add(found[1])
        return done

    real = Client.post

    def post(client: Client, *args: Any, **kwargs: Any) -> Any:
        watched["tables"] = set()
        with connection.execute_wrapper(watch):
            answer = real(client, *args, **kwargs)
        written = watched["tables"] - DJANGOS
        assert not written or AuditEntry._meta.db_table in written, written
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "post", post)
        yield
