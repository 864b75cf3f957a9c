"""A secretary leaves as a file and arrives elsewhere: whole, with the picture, with nothing that is not theirs."""

import base64
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from ai_integration.services import credential_create
from foundation.activity.models import AuditEntry
from foundation.core.images import portrait
from personas.models import Persona
from personas.services import picture_set
from personas.shapes import MAX_FILE_BYTES, MAX_PICTURE_TEXT
from tests import factories
from tests.pages import html, signed_in
from tests.personas.test_pictures import SVG, archive, files, huge_png, picture

IMPORT, IMPORT_PAGE = "/api/v1/personas/import/", reverse("persona-import")
FIELDS = ("name", "role", "description", "personality", "skills", "model", "tools", "icon", "is_active")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def whole(owner: Any) -> Persona:
    """A persona of whom every field is filled."""
    made = factories.persona(
        owner, skills=["検索", "表"], description="調べます。", personality="短く。", icon="preset:owl", is_active=False,
        model="compatible/lab:m", tools=["x"],
    )  # fmt: skip
    return picture_set(owner, made, drawn=portrait(io.BytesIO(picture())))


def export_of(persona: Persona, api: Any) -> dict[str, Any]:
    return api(persona.owner).get(f"/api/v1/personas/{persona.pk}/export/").json()


def given(**persona: Any) -> dict[str, Any]:
    return {"format": "hisho.persona", "version": 1, "persona": {"name": "n", "role": "r"} | persona}


def upload(client: Any, content: bytes, name: str = "persona.json") -> Any:
    return client.post(IMPORT_PAGE, {"file": SimpleUploadedFile(name, content)})


def same(left: Persona, right: Persona) -> bool:
    return all(getattr(left, name) == getattr(right, name) for name in FIELDS)


def test_by_rest_it_arrives_whole_with_its_picture(
    whole: Persona, stranger: Any, api: Any, media: Any
) -> None:
    arrived = api(stranger).post(IMPORT, export_of(whole, api))
    assert arrived.status_code == 201, arrived.content
    copy = Persona.objects.get(owner=stranger)
    assert same(copy, whole)
    assert api(stranger).get(arrived.json()["icon_url"]).content
    assert len(files(media)) == 2


def test_by_page_it_arrives_whole_with_its_picture(whole: Persona, stranger: Any) -> None:
    leaving = signed_in(whole.owner).get(reverse("persona-export-file", args=[whole.pk]))
    assert "attachment" in leaving["Content-Disposition"]
    answer = upload(signed_in(stranger), leaving.content)
    copy = Persona.objects.get(owner=stranger)
    assert (answer.status_code, answer.url) == (303, reverse("persona", args=[copy.pk]))
    assert same(copy, whole)
    assert copy.picture


def test_page_and_rest_say_the_same(whole: Persona, api: Any) -> None:
    page = signed_in(whole.owner).get(reverse("persona-export-file", args=[whole.pk]))
    assert json.loads(page.content) == export_of(whole, api)


@pytest.mark.security("S15")
def test_it_takes_no_secret_id_or_name_of_its_owner_along(whole: Persona, api: Any) -> None:
    credential_create(
        whole.owner, provider="compatible", label="lab", api_key="sk-canary", base_url="http://127.0.0.1:9/v1"
    )
    said = json.dumps(export_of(whole, api))
    for secret in (
        "sk-canary",
        "127.0.0.1",
        str(whole.pk),
        str(whole.owner_id),
        whole.owner.username,
        "icon_url",
    ):
        assert secret not in said


def test_that_it_left_is_on_record(whole: Persona, api: Any) -> None:
    export_of(whole, api)
    signed_in(whole.owner).get(reverse("persona-export-file", args=[whole.pk]))
    entries = AuditEntry.objects.filter(action="persona.exported")
    assert [(row.actor, row.object_id) for row in entries] == [(whole.owner, str(whole.pk))] * 2


def test_who_may_see_it_may_take_it_and_nobody_else(
    whole: Persona, teammate: Any, stranger: Any, api: Any
) -> None:
    address, page = f"/api/v1/personas/{whole.pk}/export/", reverse("persona-export-file", args=[whole.pk])
    factories.share(whole, teammate, "view")
    assert api(teammate).get(address).status_code == 200
    assert signed_in(teammate).get(page).status_code == 200
    assert api(stranger).get(address).status_code == signed_in(stranger).get(page).status_code == 404
    assert api(None).get(address).status_code == 401


def test_who_may_make_none_imports_none(teammate: Any, api: Any) -> None:
    assert api(teammate).post(IMPORT, given()).status_code == 403
    assert upload(signed_in(teammate), json.dumps(given()).encode()).status_code == 403
    assert not Persona.objects.exists()


def test_a_lost_picture_does_not_hold_the_rest_back(whole: Persona, api: Any, media: Any) -> None:
    (media / "personas" / files(media)[0]).unlink()
    assert export_of(whole, api)["persona"]["picture"] is None


def test_a_name_that_is_taken_leaves_nothing_behind(whole: Persona, api: Any, media: Any) -> None:
    assert api(whole.owner).post(IMPORT, export_of(whole, api)).status_code == 409
    page = upload(signed_in(whole.owner), json.dumps(export_of(whole, api)).encode())
    assert page.status_code == 422
    assert len(files(media)) == 1


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.security("S14")
@pytest.mark.parametrize(
    "drawn",
    [
        b64(huge_png(13_300)), b64(SVG), b64(archive()), b64(b"\x89PNG\r\n\x1a\n" + archive()), b64(b""), b64(b"x"),
        "not base64!", "====", "", 5, [], {}, {"data": "x"}, True, "A" * (MAX_PICTURE_TEXT + 4), "é" * 10,
        "http://169.254.169.254/x.png", "data:image/png;base64," + b64(picture()), "../../etc/passwd",
    ],
)  # fmt: skip
def test_a_hostile_picture_is_refused_at_its_field(owner: Any, api: Any, media: Any, drawn: Any) -> None:
    answer = api(owner).post(IMPORT, given(picture=drawn))
    assert answer.status_code == 422, answer.content[:500]
    assert answer.json()["error"]["details"]["persona"]["picture"]
    assert not Persona.objects.exists()
    assert files(media) == []


@pytest.mark.security("S14")
def test_a_picture_is_drawn_anew(owner: Any, api: Any) -> None:
    made = api(owner).post(IMPORT, given(picture=b64(picture() + SVG)))
    shown = api(owner).get(made.json()["icon_url"])
    assert shown["Content-Type"] == "image/webp"
    assert b"script" not in shown.content


@pytest.mark.security("S14")
@pytest.mark.parametrize(
    "content",
    [
        archive(), b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"1e999",
        b'{"format": "hisho.persona", "version": 1, "persona": {"name": "\\u0000", "role": "r"}}',
        json.dumps(given(name="\ud800")).encode(), json.dumps(given(owner="x")).encode(),
        json.dumps(given(picture=b64(SVG))).encode(), json.dumps(given(icon="file:///etc/passwd")).encode(),
        json.dumps(given(name=["x"])).encode(), json.dumps(given(name="x" * 1000)).encode(),
        json.dumps(given() | {"version": 99}).encode(), b" " * (MAX_FILE_BYTES + 1), SVG, picture(),
    ],
)  # fmt: skip
def test_what_is_no_secretary_is_refused_on_the_page(owner: Any, content: bytes) -> None:
    answer = upload(signed_in(owner), content, "../../../evil.json")
    assert answer.status_code == 422
    assert "errors" in answer.content.decode()
    assert not Persona.objects.exists()


def test_without_a_file_it_says_so(owner: Any) -> None:
    assert signed_in(owner).post(IMPORT_PAGE, {"x": "y"}).status_code == 422


def test_imports_by_page_count_as_uploads(owner: Any, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"upload": 1}
    client = signed_in(owner)
    sent = [upload(client, json.dumps(given(name=f"n{n}")).encode()).status_code for n in range(2)]
    assert sent == [303, 422]


def test_the_ways_to_it_stand_on_the_pages(whole: Persona) -> None:
    client = signed_in(whole.owner)
    assert IMPORT_PAGE in html(client, reverse("personas"))
    assert reverse("persona-export-file", args=[whole.pk]) in html(
        client, reverse("persona", args=[whole.pk])
    )
