"""Pictures that are drawn: by a model that can, else by ourselves; and whatever fails leaves the old one."""

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from ai_integration.models import CallRecord
from ai_integration.services import budget_set, choice_set, credential_create, fallbacks_set
from foundation.activity.models import Event
from foundation.core.errors import Conflict
from personas import avatars
from personas.models import Drawing, Persona
from personas.services import drawing_ask, drawing_carry_out, picture_set
from tests import factories
from tests.scripted import no_environment, serving  # noqa: F401 - fixtures
from tests.stub import Raw, Stub

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_environment")]
ADDRESS = "/api/v1/personas/"


def png(colour: str = "red", size: tuple[int, int] = (64, 64)) -> str:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def drawn_by(server: Stub, reply: Raw | None = None) -> None:
    """Let the server answer every request for a picture."""
    told = {"data": [{"b64_json": png()}], "usage": {"input_tokens": 20, "output_tokens": 300}}
    answer = reply or Raw(body=json.dumps(told))
    server.refuses = lambda _body: answer


def carried_out(persona: Persona) -> Drawing:
    drawing = persona.drawings.get()
    drawing_carry_out(drawing.pk)
    drawing.refresh_from_db()
    persona.refresh_from_db()
    return drawing


@pytest.fixture
def persona(owner: Any) -> Persona:
    return factories.persona(owner)


@pytest.fixture
def painter(owner: Any, serving: Stub) -> Stub:  # noqa: F811
    """A server that draws, chosen for it."""
    credential_create(owner, provider="compatible", base_url=serving.url, api_key="sk-canary-0123456789")
    choice_set(owner, job="draw", model="compatible:painter")
    drawn_by(serving)
    return serving


@pytest.mark.parametrize("style", avatars.STYLES)
def test_without_a_model_we_draw_it_ourselves_and_always_the_same(style: str) -> None:
    first, again, other = (
        avatars.draw("水野", style),
        avatars.draw("水野", style),
        avatars.draw("春日", style),
    )
    assert first == again != other
    with Image.open(BytesIO(first)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
        assert len(image.convert("RGB").getcolors(256 * 256)) > 20
    assert len(first) < 30_000


def test_asked_for_over_rest_it_comes_when_it_is_done(owner: Any, api: Any, persona: Persona) -> None:
    answer = api(owner).post(
        f"{ADDRESS}{persona.pk}/icon/", {"generate": {"prompt": "an owl", "style": "ink"}}
    )
    assert (answer.status_code, answer.json()["status"]) == (202, "waiting")
    assert api(owner).get(f"{ADDRESS}{persona.pk}/").json()["icon_url"] is None
    assert carried_out(persona).status == "done"
    picture = api(owner).get(f"{ADDRESS}{persona.pk}/icon/")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/webp")
    assert api(owner).get(f"{ADDRESS}{persona.pk}/drawings/").json()[0]["status"] == "done"
    told = Event.objects.filter(stream=f"inbox:{owner.pk}", type__startswith="drawing.").order_by("seq")
    assert [each.type for each in told] == ["drawing.asked", "drawing.begun", "drawing.done"]


def test_a_model_that_draws_is_asked(owner: Any, persona: Persona, painter: Stub) -> None:
    drawing_ask(owner, persona, prompt="an owl", style="shapes")
    drawing = carried_out(persona)
    assert (drawing.status, drawing.model) == ("done", "compatible:painter")
    assert "an owl" in painter.bodies[0]["prompt"]
    call = CallRecord.objects.get()
    assert (call.job, call.tokens_in, call.tokens_out, call.status) == ("draw", 20, 300, "finished")
    assert call.persona_id == persona.pk


@pytest.mark.parametrize(
    "reply",
    [Raw(status=500), Raw(status=401), Raw(body="<html>"), Raw(body="{}"), Raw(body='{"data": [{"b64_json": "####"}]}'),
     Raw(body=json.dumps({"data": [{"b64_json": base64.b64encode(b"<svg onload=x>").decode()}]})),
     Raw(body=json.dumps({"data": [{"b64_json": png(size=(9000, 10))}]})), Raw(status=302, headers={"Location": "/"})],
    ids=["500", "401", "html", "nothing", "no base64", "svg", "too wide", "redirect"],
)  # fmt: skip
def test_whatever_fails_leaves_the_old_picture(
    owner: Any, persona: Persona, painter: Stub, reply: Raw
) -> None:
    picture_set(owner, persona, drawn=avatars.draw("before"))
    persona.refresh_from_db()
    before = persona.picture
    drawn_by(painter, reply)
    drawing_ask(owner, persona)
    drawing = carried_out(persona)
    assert (drawing.status, persona.picture) == ("failed", before)
    assert drawing.reason
    assert "canary" not in drawing.reason
    told = Event.objects.get(stream=f"inbox:{owner.pk}", type="drawing.failed").payload
    assert told["data"]["reason"] == drawing.reason


def test_a_budget_is_kept_here_too(owner: Any, persona: Persona, painter: Stub) -> None:
    budget_set(owner, scope="persona", target=str(persona.pk), period="day", tokens=1)
    drawing_ask(owner, persona)
    assert carried_out(persona).status == "failed"
    assert not painter.bodies


def test_one_at_a_time_and_then_the_next(owner: Any, persona: Persona) -> None:
    drawing_ask(owner, persona)
    with pytest.raises(Conflict):
        drawing_ask(owner, persona)
    first = carried_out(persona)
    drawing_carry_out(first.pk)  # a message that came twice
    assert Event.objects.filter(type="drawing.done").count() == 1
    drawing_ask(owner, persona)


def test_what_a_lost_worker_left_is_drawn_three_times_and_no_more(owner: Any, persona: Persona) -> None:
    drawing = drawing_ask(owner, persona)
    Drawing.objects.filter(pk=drawing.pk).update(
        status="drawing", attempts=3, updated_at="2020-01-01T00:00:00Z"
    )
    assert carried_out(persona).status == "failed"


def test_a_chosen_model_that_draws_nothing_is_no_obstacle(owner: Any, persona: Persona) -> None:
    choice_set(owner, job="draw", model="builtin")
    fallbacks_set(owner, fallbacks=["builtin"])
    drawing_ask(owner, persona)
    assert carried_out(persona).status == "done"


@pytest.mark.parametrize(
    "wrong",
    [{"generate": {"style": "cubist"}}, {"generate": {"prompt": "x" * 501}}, {"generate": {"x": 1}}, {"generate": 1},
     {"generate": {}, "preset": "owl"}, {}],
)  # fmt: skip
def test_nonsense_is_refused(owner: Any, api: Any, persona: Persona, wrong: dict[str, Any]) -> None:
    assert api(owner).post(f"{ADDRESS}{persona.pk}/icon/", wrong).status_code == 422
    assert not Drawing.objects.exists()


def test_only_those_who_may_change_it(teammate: Any, stranger: Any, api: Any, persona: Persona) -> None:
    body = {"generate": {"prompt": "x"}}
    assert api(stranger).post(f"{ADDRESS}{persona.pk}/icon/", body).status_code == 404
    assert api(stranger).get(f"{ADDRESS}{persona.pk}/drawings/").status_code == 404
    assert api(None).post(f"{ADDRESS}{persona.pk}/icon/", body).status_code == 401


def test_on_the_page(owner: Any, client: Any, persona: Persona) -> None:
    client.force_login(owner)
    page = f"/personas/{persona.pk}/"
    assert client.post(f"{page}draw/", {"prompt": "an owl", "style": "portrait"}).status_code == 303
    assert 'name="style"' not in client.get(page).content.decode()
    carried_out(persona)
    shown = client.get(page).content.decode()
    assert 'name="style"' in shown
    assert persona.icon_url in client.get(f"{page}?fragment=portrait").content.decode()
    client.post(f"{page}draw/", {"style": "cubist"})
    assert Drawing.objects.count() == 1
