"""Secretaries and teams, as people look at them and change them."""

import pytest
from django.urls import reverse

from personas.models import Persona, PersonaTeam
from tests import factories
from tests.factories import share
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in


@pytest.fixture
def client(owner):
    return signed_in(owner)


def fields(**given):
    return {"name": "調査の水野", "role": "調査", "skills": "調査\n検索\n\n調査", "is_active": "on"} | given


def test_the_page_says_what_a_secretary_may_do(owner):
    here, elsewhere = (
        factories.persona(owner),
        factories.persona(owner, name="外の人", model="openai:gpt-5-mini"),
    )
    page = html(signed_in(owner), reverse("persona", args=[here.pk]))
    for words in ("この秘書にできること", "仕事と一緒に渡された保管庫と資料だけ", "どこにも送りません"):
        assert words in page
    assert "openai に送られます" in html(signed_in(owner), reverse("persona", args=[elsewhere.pk]))


def test_a_secretary_joins_changes_and_leaves(client):
    answer = client.post(reverse("persona-new"), fields(icon="preset:owl", model="builtin"))
    persona = Persona.objects.get()
    assert (answer.status_code, answer.url) == (303, reverse("persona", args=[persona.pk]))
    assert (persona.skills, persona.icon, persona.is_active) == (["調査", "検索"], "preset:owl", True)
    page = html(client, answer.url)
    assert "🦉" in page
    assert "調査\n検索" in page
    client.post(answer.url, fields(name="水野", skills="", is_active=""))
    persona.refresh_from_db()
    assert (persona.name, persona.skills, persona.is_active) == ("水野", [], False)
    assert client.post(reverse("persona-delete", args=[persona.pk])).url == reverse("personas")
    assert not Persona.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "必須"),
        ({"name": "既にいる"}, "name", "その名前は既に使われています。"),
        ({"model": "nobody:x"}, "model", "nobody"),
        ({"skills": "長" * 61}, "skills", "60文字"),
        ({"icon": "preset:dragon"}, "icon", ""),
    ],
)
def test_wrong_input_is_told_at_its_field_and_kept(client, owner, wrong, field, words):
    factories.persona(owner, name="既にいる")
    answer = client.post(reverse("persona-new"), fields(description="書きかけの説明") | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in page
    assert words in page
    assert "書きかけの説明" in page
    assert Persona.objects.count() == 1


def test_the_list_is_narrowed_by_words_and_role(client, owner):
    factories.persona(owner, name="調査の水野", role="調査")
    factories.persona(owner, name="執筆の春日", role="執筆", description="短く書く")
    for query, shown in (
        ({"q": "短く"}, {"執筆の春日"}),
        ({"role": "調査"}, {"調査の水野"}),
        ({"q": "該当なし"}, set()),
    ):
        page = html(client, reverse("personas"), **query)
        assert {name for name in ("調査の水野", "執筆の春日") if name in page} == shown
    assert "条件に合う秘書はいません。" in page


def test_an_empty_house_teaches(client):
    assert "秘書には役割・性格・スキルがあり" in html(client, reverse("personas"))


def test_whoever_may_only_see_gets_no_form(owner, teammate):
    persona, team = factories.persona(owner), factories.team(owner)
    share(persona, teammate)
    share(team, teammate)
    client = signed_in(teammate)
    for address in (reverse("persona", args=[persona.pk]), reverse("team", args=[team.pk])):
        assert (
            "csrfmiddlewaretoken" not in html(client, address).partition("<main")[2].partition("</main>")[0]
        )
    assert client.post(reverse("persona", args=[persona.pk]), fields(name="乗っ取り")).status_code == 403
    persona.refresh_from_db()
    assert persona.name != "乗っ取り"


def test_a_team_is_made_changed_and_dissolved(client, owner, stranger):
    mine, foreign = factories.persona(owner), factories.persona(stranger, name="よその人")
    assert client.post(reverse("team-new"), {"name": "調査班", "members": [foreign.pk]}).status_code == 422
    client.post(reverse("team-new"), {"name": "調査班", "members": [mine.pk], "is_default": "on"})
    team = PersonaTeam.objects.get()
    assert (list(team.members.all()), team.is_default) == ([mine], True)
    address = reverse("team", args=[team.pk])
    assert mine.name in html(client, address)
    client.post(address, {"name": "調査班2"})
    team.refresh_from_db()
    assert (team.name, team.members.count()) == ("調査班2", 0)
    client.post(reverse("team-delete", args=[team.pk]))
    assert not PersonaTeam.objects.exists()


def test_hostile_words_are_text(client, owner):
    persona = factories.persona(
        owner, name=HOSTILE[:100], description=HOSTILE, personality=HOSTILE, skills=["<b>x</b>"]
    )
    page = html(client, reverse("personas")) + html(client, reverse("persona", args=[persona.pk]))
    assert_inert(page)
    assert_shown(page, HOSTILE)
