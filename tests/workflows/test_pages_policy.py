"""The page where a person says who approves: by form alone, with what is wrong at its field, and in words afterwards."""

from typing import Any

import pytest
from django.urls import reverse

from foundation.accounts.models import Role
from foundation.accounts.services import people_team_create
from tests import factories
from tests.counting import queries
from tests.factories import share
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in
from tests.plans.conftest import ROLE, approvers
from tests.workflows import pages
from workflows.models import Project, Workflow

__all__ = ["approvers"]

EMPTY = {"act": "save", "author_may_approve": "on", "on_deadline": "wait"}

TOLD = (
    "Step 1. Approvals needed: 2, of Ichiro, Jiro.",
    "Step 2. Approvals needed: 1, of {owner}, team “法務”.",
    "Whoever wrote a plan does not decide on it.",
    "The deadline is 48 hours after the question.",
    "Reminders come 24, 2 hours before it.",
    "When it passes, these are asked too: Saburo.",
    "After 3 rounds of changes",
    "at most 1.5 US dollars",
    "files/read, files/list",
)


@pytest.fixture
def project(owner):
    return pages.project(owner)


@pytest.fixture
def client(owner):
    return signed_in(owner, "en")


def at(project: Project) -> str:
    return reverse("project-policy", args=[project.pk])


def step(number: int, **given: Any) -> dict[str, Any]:
    return {f"step-{number}-{name}": value for name, value in ({"needed": "1"} | given).items()}


def stored(project: Project) -> dict[str, Any]:
    return Project.objects.get(pk=project.pk).policy


def test_a_whole_policy_is_set_by_its_form_and_told_in_words(client, owner, project, approvers):
    ichiro, jiro, saburo = approvers
    team = people_team_create(owner, name="法務", members=[saburo])
    sent = {
        "act": "save",
        "step": ["0", "1"],
        **step(0, others="ichiro\njiro", needed="2"),
        **step(1, teams=[str(team.pk)], people=[str(owner.pk)]),
        "deadline_hours": "48",
        "remind_hours": "24、2",
        "on_deadline": "escalate",
        "escalate-others": "saburo",
        "max_rounds": "3",
        "auto": "on",
        "max_cost": "1.5",
        "tools": "files/read\nfiles/list",
    }
    answer = client.post(at(project), sent)
    assert (answer.status_code, answer.url) == (303, reverse("project", args=[project.pk]))
    assert stored(project) == {
        "steps": [
            {"users": [str(ichiro.pk), str(jiro.pk)], "needed": 2},
            {"users": [str(owner.pk)], "teams": [str(team.pk)]},
        ],
        "author_may_approve": False,
        "deadline_hours": 48.0,
        "remind_hours": [24.0, 2.0],
        "on_deadline": "escalate",
        "escalate_to": {"users": [str(saburo.pk)]},
        "max_rounds": 3,
        "auto": {"max_cost": 1.5, "tools": ["files/read", "files/list"], "set_by": str(owner.pk)},
    }
    page = html(client, answer.url)
    for words in TOLD:
        assert_shown(page, words.format(owner=owner))


def test_the_rules_limit_is_needed_and_only_where_there_is_a_rule(owner, project, api):
    client = signed_in(owner, "en")
    label = html(client, at(project)).partition('<label for="id_max_cost">')[2].partition("</label>")[0]
    assert label
    assert "optional" not in label
    assert client.post(at(project), EMPTY | {"auto": "on"}).status_code == 422
    assert (
        client.post(at(project), EMPTY | {"max_cost": "lots"}).status_code == 303
    )  # no rule, nothing to judge
    asked = api(owner).patch(f"/api/v1/projects/{project.pk}/", {"policy": {"auto": {}}})
    assert (asked.status_code, asked.json()["error"]["code"]) == (422, "invalid")
    (told,) = asked.json()["error"]["details"]["policy"]
    assert told.startswith("auto.max_cost: ")
    assert "Field required" not in told
    assert stored(project) == {}


def test_the_form_shows_what_was_set_and_takes_it_all_away(client, project, approvers):
    sent = {"step": "0", **step(0, others="ichiro"), "deadline_hours": "48", "remind_hours": "24 2"}
    client.post(at(project), EMPTY | sent | {"auto": "on", "max_cost": "1", "tools": "files/list"})
    again = html(client, at(project))
    for kept in ('value="48"', "24, 2", f'value="{approvers[0].pk}"', "checked", "files/list"):
        assert kept in again
    answer = client.post(at(project), EMPTY)
    assert stored(project) == {}
    assert_shown(html(client, answer.url), "Whoever may approve plans decides alone.")


def test_steps_come_go_and_move_by_buttons_and_keep_what_was_typed(client, project, approvers):
    sent = {"step": ["0"], **step(0, others="nobody-yet", needed="9"), "deadline_hours": "x"}
    page = client.post(at(project), sent | {"act": "add"}).content.decode()
    assert 'name="step" value="0"' in page
    assert 'name="step" value="1"' in page
    assert "nobody-yet" in page
    assert 'value="9"' in page
    assert 'class="errors"' not in page
    sent |= {"step": ["0", "1"], **step(1, others="jiro")}
    page = client.post(at(project), sent | {"act": "up:1"}).content.decode()
    assert page.index('name="step" value="1"') < page.index('name="step" value="0"')
    page = client.post(at(project), sent | {"act": "remove:0"}).content.decode()
    assert 'name="step" value="0"' not in page
    assert "jiro" in page
    assert stored(project) == {}
    page = client.post(
        at(project), sent | {"step": [str(n) for n in range(40)], "act": "add"}
    ).content.decode()
    assert page.count('name="step"') == 10
    assert 'value="add"' not in page


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"step": "0", **step(0)}, "step-0-people", "Name at least one person"),
        ({"step": "0", **step(0, others="nobody")}, "step-0-others", "nobody"),
        ({"step": "0", **step(0, others="ichiro", needed="2")}, "step-0-needed", "than people are named"),
        ({"step": "0", **step(0, roles=ROLE, needed="5")}, "step-0-needed", "than there are people"),
        ({"step": "0", **step(0, others="ichiro", needed="0")}, "step-0-needed", "greater than"),
        ({"step": "0", **step(0, people="5")}, "step-0-people", "not one of the available"),
        ({"remind_hours": "2"}, "remind_hours", "Without a deadline"),
        ({"deadline_hours": "2", "remind_hours": "2"}, "remind_hours", "before the deadline"),
        ({"deadline_hours": "2", "remind_hours": "soon"}, "remind_hours", "numbers of hours"),
        ({"deadline_hours": "2", "remind_hours": "-1"}, "remind_hours", "greater"),
        ({"deadline_hours": "nan"}, "deadline_hours", "number"),
        ({"deadline_hours": "0"}, "deadline_hours", "greater"),
        ({"on_deadline": "reject"}, "on_deadline", "Without a deadline"),
        ({"on_deadline": "explode"}, "on_deadline", "valid choice"),
        ({"deadline_hours": "2", "on_deadline": "escalate"}, "escalate-people", "Say who"),
        (
            {"deadline_hours": "2", "on_deadline": "escalate", "escalate-others": "nobody"},
            "escalate-others",
            "nobody",
        ),
        ({"max_rounds": "51"}, "max_rounds", "less than"),
        ({"auto": "on"}, "max_cost", "how much"),
        ({"auto": "on", "max_cost": "-1"}, "max_cost", "greater"),
        ({"auto": "on", "max_cost": "1", "tools": "x" * 200}, "tools", "120"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(owner, project, approvers, sent, field, words):
    owner.groups.add(Role.objects.get(name=ROLE).group)
    answer = signed_in(owner, "en").post(at(project), EMPTY | sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    errors = page.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
    assert words in errors, errors
    assert stored(project) == {}


def test_only_who_may_approve_sets_the_rule_that_asks_nobody(owner, project, teammate, client):
    share(project, teammate, "change")
    theirs = signed_in(teammate, "en")
    assert 'name="auto"' not in html(theirs, at(project))
    assert theirs.post(at(project), EMPTY | {"auto": "on", "max_cost": "9"}).status_code == 303
    assert stored(project) == {}
    client.post(at(project), EMPTY | {"auto": "on", "max_cost": "2"})
    page = html(theirs, at(project))
    assert "it stays as it is" in page
    theirs.post(at(project), EMPTY | {"deadline_hours": "5", "auto": "on", "max_cost": "900"})
    assert stored(project)["auto"] == {"max_cost": 2.0, "set_by": str(owner.pk)}
    assert stored(project)["deadline_hours"] == 5.0


def test_a_workflow_tells_where_its_policy_comes_from_and_may_have_its_own(client, owner, project, approvers):
    workflow = factories.draft_workflow(owner, project=project.pk)
    address, own = (reverse(name, args=[workflow.pk]) for name in ("workflow", "workflow-policy"))
    client.post(at(project), EMPTY | {"step": "0", **step(0, others="ichiro")})
    page = html(client, address)
    assert_shown(page, "Approvals needed: 1, of Ichiro.")
    assert "From the project" in page
    client.post(own, EMPTY | {"step": "0", **step(0, others="jiro")})
    assert "users" in Workflow.objects.get().policy["steps"][0]
    page = html(client, address)
    assert_shown(page, "Approvals needed: 1, of Jiro.")
    assert "From the project" not in page


def test_beside_a_projects_policy_only_who_may_change_the_project_sets_another(
    owner, teammate, project, client
):
    client.post(at(project), EMPTY | {"deadline_hours": "5"})
    workflow = factories.draft_workflow(owner, project=project.pk)
    share(workflow, teammate, "change")
    theirs, own = signed_in(teammate), reverse("workflow-policy", args=[workflow.pk])
    assert theirs.get(own).status_code == 403
    assert theirs.post(own, EMPTY).status_code == 403
    assert own not in html(theirs, reverse("workflow", args=[workflow.pk]))


def test_names_and_roles_are_text(client, owner, project, approvers):
    approvers[0].display_name = HOSTILE
    approvers[0].save()
    people_team_create(owner, name=HOSTILE[:100], members=[approvers[0]])
    client.post(at(project), EMPTY | {"step": "0", **step(0, others="ichiro")})
    page = html(client, at(project)) + html(client, reverse("project", args=[project.pk]))
    assert_inert(page)
    assert_shown(page, HOSTILE)


def test_pages_cost_the_same_however_many_are_named(client, owner, project, approvers):
    addresses = [reverse("project", args=[project.pk]), at(project)]
    many: dict[str, Any] = {"step": ["0", "1", "2"]}
    for number in range(3):
        many |= step(number, others="ichiro\njiro\nsaburo", people=[str(owner.pk)])
    counted = []
    for given in ({"step": "0", **step(0, others="ichiro")}, many):
        assert client.post(at(project), EMPTY | given).status_code == 303
        for address in addresses:
            client.get(address)
        counted.append([queries(client, address) for address in addresses])
    assert counted[0] == counted[1]


def test_somebody_who_is_gone_is_told_as_gone(client, project, approvers):
    client.post(at(project), EMPTY | {"step": "0", **step(0, others="ichiro\njiro")})
    approvers[0].delete()
    assert_shown(html(client, reverse("project", args=[project.pk])), "of somebody who is gone, Jiro.")
    assert client.get(at(project)).status_code == 200
