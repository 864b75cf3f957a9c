"""`vaults/`, `notes/`, `sources/` and `knowledge/search/` over HTTP."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from knowledge import services
from knowledge.models import Note, Vault
from tests.counting import queries
from tests.factories import share
from tests.knowledge.trees import snapshot, write

V1 = "/api/v1/"
Api = Callable[[Any], Any]


def test_a_vault_from_beginning_to_end(owner: Any, api: Api, root: Path) -> None:
    client = api(owner)
    write(root, "会議.md", "価格の話\n")
    made = client.post(f"{V1}vaults/", {"name": "保管庫", "path": str(root)})
    assert made.status_code == 201
    at = f"{V1}vaults/{made.json()['id']}/"
    assert client.get(at).json()["path"] == str(root)
    services.vault_sync_queued(made.json()["id"])
    assert client.get(f"{at}status/").json() | {"synced_at": None} == {
        "total": 1, "indexed": 1, "waiting": 0, "skipped": 0, "failed": 0, "synced_at": None, "stopped": None,
    }  # fmt: skip
    assert client.post(f"{at}sync/").status_code == 202
    assert client.patch(at, {"name": "新しい名前"}).json()["name"] == "新しい名前"
    before = snapshot(root)
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404
    assert snapshot(root) == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "v", "path": "relative"}, 422, "path_not_absolute"),
        ({"name": "v", "path": "/no/such/folder"}, 422, "path_missing"),
        ({"name": "v", "path": "/"}, 422, "path_is_the_disk"),
        ({"name": "v"}, 422, "invalid"),
        ({"name": "", "path": "/tmp"}, 422, "invalid"),
        ({"name": "v", "path": "/tmp", "owner": "me"}, 422, "invalid"),
        ({"name": "v", "path": "/a\u0000b"}, 400, "bad_request"),
        ([], 422, "invalid"),
    ],
)
def test_bad_vaults(owner: Any, api: Api, body: Any, status: int, code: str) -> None:
    answer = api(owner).post(f"{V1}vaults/", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert not Vault.objects.exists()


def test_registering_twice_is_a_conflict_that_names_the_vault(owner: Any, api: Api, vault: Vault) -> None:
    answer = api(owner).post(f"{V1}vaults/", {"name": "again", "path": vault.path})
    assert (answer.status_code, answer.json()["error"]["details"]["name"]) == (409, vault.name)


def test_who_sees_and_who_may(owner: Any, teammate: Any, stranger: Any, api: Api, office: Vault) -> None:
    share(office, teammate)
    note = Note.objects.get(path="English.md").pk
    for path in (f"vaults/{office.pk}/", f"vaults/{office.pk}/status/", f"notes/{note}/"):
        statuses = [api(user).get(V1 + path).status_code for user in (owner, teammate, stranger, None)]
        assert statuses == [200, 200, 404, 401], path
    at = f"{V1}vaults/{office.pk}/"
    assert api(stranger).get(f"{V1}vaults/").json()["results"] == []
    assert api(stranger).get(f"{V1}notes/").json()["results"] == []
    for user, status in ((teammate, 403), (stranger, 404), (None, 401)):
        client = api(user)
        assert client.post(f"{at}sync/").status_code == status
        assert client.patch(at, {"name": "x"}).status_code == status
        assert client.delete(at).status_code == status


def test_a_note_is_its_bytes(owner: Any, api: Api, office: Vault, root: Path) -> None:
    client = api(owner)
    data = "\ufeff# 生\r\n\r\n　全角 <script>\r\n".encode()
    write(root, "English.md", data)
    at = f"{V1}notes/{Note.objects.get(path='English.md').pk}/"
    answer = client.get(at)
    assert answer.content == data
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert client.get(at, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    (root / "English.md").unlink()
    gone = client.get(at)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "file_gone")


@pytest.mark.security("S9")
def test_a_note_swapped_for_a_link_gives_nothing_away(
    owner: Any, api: Api, office: Vault, root: Path
) -> None:
    secret = write(root.parent, "secret.md", "secret")
    (root / "English.md").unlink()
    (root / "English.md").symlink_to(secret)
    answer = api(owner).get(f"{V1}notes/{Note.objects.get(path='English.md').pk}/")
    assert (answer.status_code, b"secret" in answer.content) == (503, False)


def test_what_is_known_of_a_note(owner: Any, api: Api, office: Vault, root: Path) -> None:
    write(root, "会議/議事録.md", "---\ntags: [会議]\n---\n# 決定\n- [ ] [[新製品]] へ 📅 2026-12-01 ^t\n")
    services.vault_sync(office)
    client = api(owner)
    note = Note.objects.get(path="会議/議事録.md")
    body = client.get(f"{V1}notes/{note.pk}/", headers={"Accept": "application/json"}).json()
    assert (body["path"], body["tags"], body["status"], body["reason"]) == (
        "会議/議事録.md",
        ["会議"],
        "indexed",
        "",
    )
    assert body["headings"] == [{"level": 1, "text": "決定", "line": 4}]
    assert body["todos"][0]["fields"] == {"due": "2026-12-01", "block": "t"}
    target = Note.objects.get(path="製品/新製品.md").pk
    assert (body["links"][0]["resolved"], body["links"][0]["line"]) == (str(target), 5)
    other = client.get(f"{V1}notes/{target}/", headers={"Accept": "application/json"}).json()
    assert [(each["path"], each["line"]) for each in other["backlinks"]] == [("会議/議事録.md", 5)]


def test_notes_that_are_not_indexed_say_why(owner: Any, api: Api, office: Vault, root: Path) -> None:
    write(root, "binary.md", b"\0" * 100)
    services.vault_sync(office)
    found = api(owner).get(f"{V1}notes/", {"vault": office.pk, "status": "skipped"}).json()["results"]
    assert [(each["path"], bool(each["reason"])) for each in found] == [("binary.md", True)]


def test_lists_cost_the_same_however_long(owner: Any, api: Api, office: Vault, root: Path) -> None:
    client = api(owner)
    queries(client, f"{V1}notes/")
    few = queries(client, f"{V1}notes/")
    for number in range(40):
        write(root, f"more/{number}.md", f"価格 {number}\n")
    services.vault_sync(office)
    assert queries(client, f"{V1}notes/") == few


def test_search(owner: Any, stranger: Any, api: Api, office: Vault) -> None:
    client = api(owner)
    hit = client.get(f"{V1}knowledge/search/", {"q": "2,480", "vault": office.pk}).json()["results"][0]
    assert {key: hit[key] for key in ("heading", "line")} == {"heading": "新製品 > 価格", "line": 5}
    assert hit["note"]["path"] == "製品/新製品.md"
    assert "2,480" in hit["snippet"]
    assert hit["why"]
    assert client.get(f"{V1}knowledge/search/", {"q": ""}).json() == {"results": []}
    assert client.get(f"{V1}knowledge/search/", {"q": "価格", "limit": 1}).json()["results"][1:] == []
    assert api(stranger).get(f"{V1}knowledge/search/", {"q": "価格"}).json() == {"results": []}
    assert api(stranger).get(f"{V1}knowledge/search/", {"q": "価格", "vault": office.pk}).status_code == 404
    assert api(None).get(f"{V1}knowledge/search/", {"q": "価格"}).status_code == 401


@pytest.mark.parametrize(
    "query",
    [{}, {"q": "x" * 201}, {"q": "a", "vault": "no"}, {"q": "a", "limit": 0}, {"q": "a", "limit": 201}],
)
def test_bad_searches(owner: Any, api: Api, query: dict[str, Any]) -> None:
    answer = api(owner).get(f"{V1}knowledge/search/", query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


def test_sources(owner: Any, stranger: Any, api: Api) -> None:
    client = api(owner)
    made = client.post(f"{V1}sources/", {"title": "資料", "text": "価格は 100 円です。"})
    assert made.status_code == 201
    at = f"{V1}sources/{made.json()['id']}/"
    assert client.get(at).json()["text"] == "価格は 100 円です。"
    assert "text" not in client.get(f"{V1}sources/").json()["results"][0]
    file = SimpleUploadedFile("表.csv", "品名,価格\n箱,100\n".encode())
    uploaded = client.post(f"{V1}sources/", {"file": file}, format="multipart")
    assert (uploaded.status_code, uploaded.json()["title"]) == (201, "表")
    assert api(stranger).get(at).status_code == 404
    assert client.delete(at).status_code == 204


def test_a_repeated_post_creates_one_source(owner: Any, api: Api) -> None:
    client = api(owner)
    body, key = {"title": "資料", "text": "本文"}, {"Idempotency-Key": "once"}
    first, second = (client.post(f"{V1}sources/", body, headers=key).json() for _ in range(2))
    assert first == second
    assert len(client.get(f"{V1}sources/").json()["results"]) == 1


@pytest.mark.parametrize(
    "body", [{"title": "t"}, {"title": "t", "text": ""}, {"title": "t", "text": "x", "extra": 1}]
)
def test_bad_sources(owner: Any, api: Api, body: dict[str, Any]) -> None:
    assert api(owner).post(f"{V1}sources/", body).status_code == 422
