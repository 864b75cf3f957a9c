"""A persona's own picture: what comes in is drawn anew or refused; what goes out goes to those who may see the persona."""

import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from foundation.core.images import MAX_BYTES, SIDE, TOO_WIDE
from personas.models import Persona
from personas.pictures import FOLDER
from personas.services import pictures_sweep
from tests import factories
from tests.pages import html, signed_in

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def picture(form: str = "PNG", colour: str = "#2a5bbf", **options: Any) -> bytes:
    """Its left half is yellow."""
    drawn, size = io.BytesIO(), (300, 200)
    image = Image.new("RGB", size, colour)
    image.paste("#f0c000", (0, 0, size[0] // 2, size[1]))
    image.save(drawn, form, **options)
    return drawn.getvalue()


def huge_png(side: int) -> bytes:
    """A small file that says it is very large, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(b"\0" * (side // 8 + 2)) for _ in range(side)) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as each:
        each.writestr("../../evil.png", b"0" * 1_000_000)
    return packed.getvalue()


def address(persona: Persona) -> str:
    return reverse("persona-icon", args=[persona.pk])


def send(client: Any, persona: Persona, content: bytes, name: str = "face.png", field: str = "icon") -> Any:
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(address(persona), {field: file}, format="multipart")


def files(media: Any) -> list[str]:
    folder = media / FOLDER
    return sorted(each.name for each in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_anew_and_shown(owner: Any, api: Any, media: Any, form: str) -> None:
    persona, client = factories.persona(owner), api(owner)
    answer = send(client, persona, picture(form))
    assert answer.status_code == 200, answer.content
    url = answer.json()["icon_url"]
    shown = client.get(url)
    assert shown["Content-Type"] == "image/webp"
    with Image.open(io.BytesIO(shown.content)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (SIDE, SIDE))
        left, right = drawn.convert("RGB").getpixel((20, 128)), drawn.convert("RGB").getpixel((236, 128))
        assert left[0] > 200 > left[2] + 50
        assert right[2] > right[0] + 50
    assert len(files(media)) == 1


@pytest.mark.security("S14")
def test_what_it_told_of_its_maker_is_gone_and_it_stands_upright(owner: Any, api: Any) -> None:
    persona, client = factories.persona(owner), api(owner)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "CANARY-PLACE"  # upside down
    shown = client.get(send(client, persona, picture("JPEG", exif=exif)).json()["icon_url"])
    assert b"CANARY" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as drawn:
        assert not drawn.getexif()
        assert drawn.convert("RGB").getpixel((236, 128))[0] > 200, "the left half stands on the right now"


@pytest.mark.security("S14")
@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"<!doctype html><script>alert(1)</script>",
        b"not a picture",
        b"",
        picture()[:200],
        archive(),
        b"GIF89a" + SVG,
        b"\x89PNG\r\n\x1a\n" + archive(),
        picture("TIFF"),
        picture("BMP"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
    ids=["svg", "html", "text", "empty", "cut", "zip", "gif+svg", "png+zip", "tiff", "bmp", "eps"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    owner: Any, api: Any, media: Any, content: bytes
) -> None:
    persona = factories.persona(owner)
    answer = send(api(owner), persona, content)
    assert answer.status_code == 422, answer.content
    assert answer.json()["error"]["details"]["icon"]
    assert files(media) == []
    persona.refresh_from_db()
    assert persona.picture == ""


@pytest.mark.security("S14")
def test_a_polyglot_loses_its_other_half(owner: Any, api: Any) -> None:
    persona, client = factories.persona(owner), api(owner)
    shown = client.get(send(client, persona, picture() + SVG).json()["icon_url"])
    assert b"script" not in shown.content


@pytest.mark.security("S14")
def test_a_file_that_is_too_large_is_refused(owner: Any, api: Any) -> None:
    answer = send(api(owner), factories.persona(owner), picture() + b"0" * MAX_BYTES)
    assert answer.status_code == 422
    assert "5 MB" in answer.json()["error"]["details"]["icon"][0]


@pytest.mark.security("S14")
@pytest.mark.parametrize("side", [8_001, 13_300])
def test_a_flood_of_pixels_is_refused_by_its_header(owner: Any, api: Any, side: int) -> None:
    flood = huge_png(side)
    assert len(flood) < 600_000
    answer = send(api(owner), factories.persona(owner), flood)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["icon"] == [str(TOO_WIDE)]


@pytest.mark.security("S14")
@pytest.mark.skipif(os.name == "nt", reason="resource limits are Unix's")
def test_a_flood_of_pixels_costs_no_memory() -> None:
    code = (
        "import io, resource, sys\n"
        "import django; django.setup()\n"
        "from foundation.core.errors import Invalid\n"
        "from foundation.core.images import portrait\n"
        "import PIL.Image, PIL.PngImagePlugin, PIL.WebPImagePlugin, PIL.ImageOps\n"
        "flood = sys.stdin.buffer.read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    portrait(io.BytesIO(flood))\n"
        "except Invalid:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], input=huge_png(13_300), env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    assert int(done.stdout) < 50 * 1024, "in kibibytes"


@pytest.mark.security("S14")
def test_it_is_handed_out_as_a_picture_and_nothing_else(owner: Any, api: Any) -> None:
    persona, client = factories.persona(owner), api(owner)
    url = send(client, persona, picture()).json()["icon_url"]
    shown = signed_in(owner).get(url)
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown["Cache-Control"] == "private, max-age=86400"
    again = signed_in(owner).get(url, headers={"if-none-match": shown["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.security("S5")
def test_who_may_see_the_persona_sees_it_and_nobody_else(
    owner: Any, teammate: Any, stranger: Any, api: Any
) -> None:
    persona = factories.persona(owner)
    factories.share(persona, teammate, "view")
    send(api(owner), persona, picture())
    assert api(teammate).get(address(persona)).status_code == 200
    assert send(api(teammate), persona, picture()).status_code == 403
    assert api(teammate).delete(address(persona)).status_code == 403
    assert api(stranger).get(address(persona)).status_code == 404
    assert send(api(stranger), persona, picture()).status_code == 404
    assert api(None).get(address(persona)).status_code == 401


def test_without_a_picture_there_is_none(owner: Any, api: Any) -> None:
    persona, client = factories.persona(owner), api(owner)
    assert client.get(address(persona)).status_code == 404
    assert client.get(f"/api/v1/personas/{persona.pk}/").json()["icon_url"] is None


def test_the_old_file_goes_when_the_new_one_stands(
    owner: Any, api: Any, media: Any, transactional_db: None
) -> None:
    persona, client = factories.persona(owner), api(owner)
    send(client, persona, picture())
    (first,) = files(media)
    send(client, persona, picture(colour="#ffffff"))
    (second,) = files(media)
    assert first != second
    assert send(client, persona, b"no picture").status_code == 422
    assert files(media) == [second], "what failed leaves what was there"
    assert client.post(address(persona), {"preset": "owl"}).json()["icon_url"] is None
    assert files(media) == []


def test_taking_it_away_and_deleting_the_persona_leave_no_file(
    owner: Any, api: Any, media: Any, transactional_db: None
) -> None:
    persona, client = factories.persona(owner), api(owner)
    send(client, persona, picture())
    assert client.delete(address(persona)).json()["icon_url"] is None
    assert files(media) == []
    send(client, persona, picture())
    client.delete(f"/api/v1/personas/{persona.pk}/")
    assert files(media) == []


def test_the_sweep_takes_what_nobody_names_and_leaves_what_is_on_its_way(
    owner: Any, api: Any, media: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    persona = factories.persona(owner)
    send(api(owner), persona, picture())
    (named,) = files(media)
    (media / FOLDER / "left-behind.webp").write_bytes(b"x")
    assert pictures_sweep() == 0
    monkeypatch.setattr("personas.services.pictures.UNCLAIMED_FOR", timedelta(0))
    assert pictures_sweep() == 1
    assert files(media) == [named]


def test_a_file_that_was_lost_is_a_404(owner: Any, api: Any, media: Any) -> None:
    persona, client = factories.persona(owner), api(owner)
    send(client, persona, picture())
    default_storage.delete(f"{FOLDER}/{files(media)[0]}")
    assert client.get(address(persona)).status_code == 404


def test_uploads_are_limited(owner: Any, api: Any, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"upload": 2}
    persona, client = factories.persona(owner), api(owner)
    statuses = [send(client, persona, picture()).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def given(persona: Persona, **more: Any) -> dict[str, Any]:
    return {"name": persona.name, "role": persona.role, "icon": "", "is_active": "on"} | more


def test_the_editor_takes_shows_and_removes_a_picture(owner: Any, transactional_db: None) -> None:
    persona, client = factories.persona(owner), signed_in(owner)
    page = reverse("persona", args=[persona.pk])
    upload = SimpleUploadedFile("face.png", picture(), content_type="image/png")
    assert client.post(page, given(persona, picture=upload)).status_code == 303
    persona.refresh_from_db()
    assert f'<img src="{persona.icon_url}" width="40" height="40"' in html(client, page)
    assert f'<img src="{persona.icon_url}"' in html(client, reverse("personas"))
    assert client.post(page, given(persona, no_picture="on")).status_code == 303
    assert "<img" not in html(client, page)


def test_the_editor_tells_at_the_field_what_is_wrong_and_changes_nothing(owner: Any) -> None:
    persona, client = factories.persona(owner), signed_in(owner)
    page = reverse("persona", args=[persona.pk])
    upload = SimpleUploadedFile("face.svg", SVG, content_type="image/svg+xml")
    answer = client.post(page, given(persona, name="別の名前", picture=upload))
    assert answer.status_code == 422
    assert "PNG" in answer.content.decode()
    assert "別の名前" in answer.content.decode(), "what was typed stays"
    assert Persona.objects.get(pk=persona.pk).name == persona.name
