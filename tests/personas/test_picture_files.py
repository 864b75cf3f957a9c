"""The file of a picture through cut-off writes and changes of mind: what the row names is there, and whole."""

import hashlib
import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from PIL import Image

from foundation.core.images import portrait
from personas import services
from personas.models import Persona
from personas.pictures import place
from personas.services import picture_clear, picture_set
from tests import factories
from tests.pages import signed_in


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (300, 200), "#2a5bbf").save(drawn, "PNG")
    return drawn.getvalue()


def test_a_write_that_was_cut_short_is_healed_by_the_next(owner: Any) -> None:
    """A kill, or a full disk, in the middle of writing leaves the right name on the wrong bytes."""
    persona, drawn = factories.persona(owner), portrait(io.BytesIO(picture()))
    name = place(persona.pk, hashlib.sha256(drawn).hexdigest())
    default_storage.save(name, ContentFile(drawn[:20]))
    picture_set(owner, persona, drawn=drawn)
    with default_storage.open(name) as file:
        assert file.read() == drawn


def test_a_picture_let_go_and_taken_again_keeps_its_file(owner: Any, transactional_db: None) -> None:
    """The deletion that waits for the commit finds the picture in use again."""
    persona = picture_set(owner, factories.persona(owner), drawn=(drawn := portrait(io.BytesIO(picture()))))
    with transaction.atomic():
        picture_clear(owner, persona)
        picture_set(owner, persona, drawn=drawn)
    persona.refresh_from_db()
    assert default_storage.exists(place(persona.pk, persona.picture))


def test_uploads_by_the_page_count_as_well(owner: Any, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"upload": 1}
    persona, client = factories.persona(owner), signed_in(owner)
    page = reverse("persona", args=[persona.pk])

    def send() -> int:
        upload = SimpleUploadedFile("face.png", picture(), content_type="image/png")
        fields = {
            "name": persona.name,
            "role": persona.role,
            "icon": "",
            "is_active": "on",
            "picture": upload,
        }
        return client.post(page, fields).status_code

    assert [send(), send()] == [303, 422]


@pytest.mark.security("S6")
def test_what_is_deleted_at_this_very_moment_is_not_found(
    owner: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the row and the lock on it, somebody else deletes it."""
    for name in ("picture_clear", "persona_update"):
        real = getattr(services, name)

        def late(actor: Any, persona: Persona, real: Any = real, **fields: Any) -> Any:
            Persona.objects.filter(pk=persona.pk).delete()
            return real(actor, persona, **fields)

        monkeypatch.setattr(services, name, late)
    cleared, changed = factories.persona(owner), factories.persona(owner, name="b")
    assert api(owner).delete(reverse("persona-icon", args=[cleared.pk])).status_code == 404
    answer = api(owner).patch(f"/api/v1/personas/{changed.pk}/", {"name": "c"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_taking_a_picture_away_is_answered_as_the_document_says(owner: Any, api: Any) -> None:
    client, persona = api(owner), factories.persona(owner)
    document = client.get("/api/v1/schema/?format=json").json()
    told = document["paths"]["/api/v1/personas/{id}/icon/"]["delete"]["responses"]
    answer = client.delete(reverse("persona-icon", args=[persona.pk]))
    assert answer.json()["id"] == str(persona.pk)
    assert set(told) == {str(answer.status_code), "default"}
