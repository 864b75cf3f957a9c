"""Files in a bucket: the same commands, the same rights, and nothing that is public."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from config import env
from personas.models import Persona
from personas.services import pictures_sweep
from tests import factories
from tests.pages import html, signed_in
from tests.personas.test_pictures import address, picture, send
from tests.security.bucket import Bucket, bucket


@pytest.fixture(scope="module")
def shelf() -> Iterator[Bucket]:
    with bucket() as made:
        yield made


@pytest.fixture(autouse=True)
def _in_the_bucket(settings: Any, shelf: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    use(settings, monkeypatch, shelf.url)
    shelf.empty()


def use(settings: Any, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MEDIA_STORAGE_URL", url)
    settings.STORAGES = settings.STORAGES | {"default": env.storage("MEDIA_STORAGE_URL")}


def test_a_picture_comes_goes_and_is_replaced(
    owner: Any, api: Any, shelf: Bucket, transactional_db: None
) -> None:
    persona, client = factories.persona(owner), api(owner)
    url = send(client, persona, picture()).json()["icon_url"]
    (first,) = shelf.keys()
    assert first.startswith("files/personas/")
    assert client.get(url)["Content-Type"] == "image/webp"
    send(client, persona, picture(colour="#ffffff"))
    (second,) = shelf.keys()
    assert first != second
    assert client.delete(address(persona)).json()["icon_url"] is None
    assert shelf.keys() == []


@pytest.mark.security("S5")
def test_only_those_who_may_see_the_persona_get_it(
    owner: Any, teammate: Any, stranger: Any, api: Any, shelf: Bucket
) -> None:
    persona = factories.persona(owner)
    factories.share(persona, teammate, "view")
    send(api(owner), persona, picture())
    assert api(teammate).get(address(persona)).status_code == 200
    assert api(stranger).get(address(persona)).status_code == 404
    assert api(None).get(address(persona)).status_code == 401


@pytest.mark.security("S5")
def test_nothing_in_it_is_public_and_no_address_of_it_is_told(owner: Any, api: Any, shelf: Bucket) -> None:
    persona, client = factories.persona(owner), api(owner)
    told = send(client, persona, picture()).content.decode()
    page = html(signed_in(owner), reverse("persona", args=[persona.pk]))
    assert shelf.place not in told + page
    assert shelf.name not in told + page
    (key,) = shelf.keys()
    grants = shelf.client.get_object_acl(Bucket=shelf.name, Key=key)["Grants"]
    assert not [each for each in grants if each["Grantee"]["Type"] == "Group"], "everybody is a group"
    with pytest.raises(NotImplementedError):
        default_storage.url(key)


def test_a_picture_travels_between_folder_and_bucket(
    owner: Any, stranger: Any, api: Any, shelf: Bucket
) -> None:
    persona = factories.persona(owner)
    send(api(owner), persona, picture())
    whole = api(owner).get(f"/api/v1/personas/{persona.pk}/export/").json()
    assert api(stranger).post("/api/v1/personas/import/", whole).status_code == 201
    assert len(shelf.keys()) == 2


def test_the_sweep_takes_what_nobody_names(
    owner: Any, api: Any, shelf: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pictures_sweep() == 0, "an empty bucket has no folders"
    send(api(owner), factories.persona(owner), picture())
    (named,) = shelf.keys()
    default_storage.save("personas/left-behind.webp", ContentFile(b"x"))
    assert pictures_sweep() == 0
    monkeypatch.setattr("personas.services.pictures.UNCLAIMED_FOR", timedelta(0))
    assert pictures_sweep() == 1
    assert shelf.keys() == [named]


def test_a_file_that_was_lost_is_a_404(owner: Any, api: Any, shelf: Bucket) -> None:
    persona, client = factories.persona(owner), api(owner)
    send(client, persona, picture())
    shelf.client.delete_object(Bucket=shelf.name, Key=shelf.keys()[0])
    assert client.get(address(persona)).status_code == 404


@pytest.mark.parametrize("away", ["s3://k:s@127.0.0.1:9/bucket?tls=0&region=us-east-1", "no such bucket"])
def test_a_bucket_that_is_away_is_said_and_changes_nothing(
    owner: Any, api: Any, settings: Any, shelf: Bucket, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    persona, client = factories.persona(owner), api(owner)
    send(client, persona, picture())
    persona.refresh_from_db()
    use(settings, monkeypatch, away if "://" in away else shelf.url.replace(shelf.name, "elsewhere"))
    answer = send(client, persona, picture(colour="#ffffff"))
    assert answer.status_code == 503, answer.content
    assert answer.json()["error"]["code"] == "storage_unavailable"
    assert Persona.objects.get().picture == persona.picture
    assert client.get(address(persona)).status_code == (503 if "://" in away else 404)


@pytest.mark.parametrize(
    "url",
    [
        "s3://k:sec-ret@host", "s3://k:sec-ret@host/", "http://k:sec-ret@host/bucket", "s3:///bucket", "bucket",
        "s3://k:sec-ret@host/bucket?acl=public", "s3://k:sec-ret@host/bucket?tls=no",
    ],
)  # fmt: skip
def test_what_is_no_bucket_is_refused_without_telling_the_secret(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("MEDIA_STORAGE_URL", url)
    with pytest.raises(env.SettingError, match="MEDIA_STORAGE_URL") as refused:
        env.storage("MEDIA_STORAGE_URL")
    assert "sec-ret" not in str(refused.value)


def test_words_with_odd_characters_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIA_STORAGE_URL", "s3://k%2Fy:s%40c%3A@h:9000/b/a/b?region=eu&tls=0")
    options = env.storage("MEDIA_STORAGE_URL")["OPTIONS"]
    assert (options["access_key"], options["secret_key"], options["location"]) == ("k/y", "s@c:", "a/b")
    assert (options["endpoint_url"], options["bucket_name"]) == ("http://h:9000", "b")


def test_without_a_bucket_its_libraries_are_never_loaded() -> None:
    code = (
        "import django; django.setup(); import config.urls, config.asgi, sys\n"
        "print('boto3' in sys.modules, 'botocore' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=_plain_environment()
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


def _plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "MEDIA_STORAGE_URL"}
    return kept | {"DJANGO_SETTINGS_MODULE": "config.settings"}
