"""Search, vaults, the reader of notes and sources, as people look at them."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from knowledge.models import Note, Source, Vault
from knowledge.services import source_create, vault_register, vault_sync
from tests.counting import queries
from tests.factories import share
from tests.pages import HOSTILE, HOSTILE_MARKDOWN, assert_inert, assert_shown, html, signed_in

NOTES = {
    "製品/納期.md": "---\ntags: [製品]\n---\n# 納期\n\n納期は三週間です。\n次の行です。\n\n- [x] 確認 [[価格#単価]]\n",
    "製品/価格.md": "# 価格\n\n## 単価\n\n2,480 円。[[無いノート]] [写真](写真.png)\n",
    "悪意.md": f"# 悪意\n\n{HOSTILE_MARKDOWN}",
}  # fmt: skip


@pytest.fixture
def client(owner):
    return signed_in(owner)


@pytest.fixture
def vault(owner, tmp_path):
    for path, text in NOTES.items():
        file = tmp_path / "vault" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / "vault" / "壊れ.md").write_bytes(b"\x00\x01\x02" * 40)
    made = vault_register(owner, name="製品の保管庫", path=str(tmp_path / "vault"))
    vault_sync(made)
    return Vault.objects.get(pk=made.pk)


def note(path):
    return Note.objects.get(path=path)


def reader(path):
    return reverse("note", args=[note(path).pk])


def test_search_shows_where_and_marks_what(client, vault):
    page = html(client, reverse("knowledge"), q="納期")
    assert re.search(rf'href="{reader("製品/納期.md")}#L\d+"', page)
    assert "<mark>納期</mark>" in page
    pieces = html(client, reverse("knowledge"), q="納期", fragment="hits")
    assert pieces.lstrip().startswith('<div id="hits"')
    assert 'data-found="' in pieces
    assert "見つかりませんでした。" in html(client, reverse("knowledge"), q="該当なし")
    assert_inert(html(client, reverse("knowledge"), q=HOSTILE))
    assert_inert(html(client, reverse("knowledge"), q="evil"))


def test_the_reader_numbers_lines_as_the_file_does(client, vault):
    page = html(client, reader("製品/納期.md"))
    lines = NOTES["製品/納期.md"].splitlines()
    assert f'id="L6">{lines[5]}</span>' in page
    assert f'id="L7">{lines[6]}</span>' in page
    assert f'id="L2">{lines[1]}</span>' in page  # a property
    assert f'href="{reader("製品/価格.md")}"' in page
    assert "obsidian://open?path=" in page


def test_the_reader_shows_who_links_here(client, vault):
    page = html(client, reader("製品/価格.md"))
    assert f'href="{reader("製品/納期.md")}#L9"' in page
    assert '<span class="missing">無いノート</span>' in page


def test_a_hostile_note_is_text(client, vault):
    page = html(client, reader("悪意.md"))
    assert_inert(page)
    assert_shown(page, HOSTILE.partition("><script")[0])


def test_a_note_whose_file_is_gone_says_so(client, vault):
    address = reader("製品/価格.md")
    (Path(vault.path) / "製品/価格.md").unlink()
    assert "ノートのファイルがなくなっています。" in html(client, address, 404)


def test_a_vault_tells_how_it_stands(client, vault):
    page = html(client, reverse("vault", args=[vault.pk]))
    assert "索引済み 3" in page
    assert "壊れ.md" in page
    assert "テキストファイルではありません" in page
    assert client.post(reverse("vault-sync-now", args=[vault.pk])).status_code == 303
    vault.refresh_from_db()
    assert vault.sync_requested_at
    assert "ノートを読み込んでいます。" in html(client, reverse("vault", args=[vault.pk]))


def test_vanished_notes_are_confirmed(client, vault):
    Vault.objects.update(stopped="vanished")
    address = reverse("vault", args=[vault.pk])
    assert "はい、自分で消しました" in html(client, address)
    client.post(reverse("vault-sync-now", args=[vault.pk]), {"accept_vanished": "yes"})
    vault.refresh_from_db()
    assert vault.vanish_accepted


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "必須"),
        ("Vault", "完全なパス"),
        ("/no/such/place", "フォルダーがありません"),
        ("/", "ディスクの最上位"),
    ],
)
def test_a_folder_that_cannot_be_a_vault_is_refused_at_the_field(client, path, words):
    answer = client.post(reverse("vault-new"), {"path": path, "name": "私のノート"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'id="id_path_error"' in page
    assert "私のノート" in page


def test_a_folder_is_registered_changed_and_removed(client, tmp_path):
    folder = tmp_path / "Notes"
    folder.mkdir()
    (folder / "a.md").write_text("# a", encoding="utf-8")
    answer = client.post(reverse("vault-new"), {"path": str(folder)})
    vault = Vault.objects.get()
    assert (answer.status_code, answer.url) == (303, reverse("vault", args=[vault.pk]))
    assert (vault.name, vault.report_folder) == ("Notes", "AI秘書")
    client.post(answer.url, {"name": "ノート", "report_folder": "報告"})
    vault.refresh_from_db()
    assert (vault.name, vault.report_folder) == ("ノート", "報告")
    assert client.post(reverse("vault-new"), {"path": str(folder)}).status_code == 422  # already there
    assert client.post(reverse("vault-remove", args=[vault.pk])).url == reverse("knowledge")
    assert (folder / "a.md").exists()
    assert not Vault.objects.exists()


def test_a_source_is_kept_read_and_deleted(client):
    answer = client.post(reverse("source-new"), {"title": "覚え書き", "text": f"一行目\n{HOSTILE}"})
    source = Source.objects.get()
    assert answer.url == reverse("source", args=[source.pk])
    page = html(client, answer.url)
    assert 'id="L1">一行目</span>' in page
    assert_inert(page)
    assert client.post(reverse("source-delete", args=[source.pk])).url == reverse("knowledge")
    assert not Source.objects.exists()


def test_a_source_that_is_none_is_refused_and_the_words_kept(client):
    file = SimpleUploadedFile("a.exe", b"MZ")
    answer = client.post(reverse("source-new"), {"title": "題名", "text": "", "file": file})
    assert answer.status_code == 422
    assert "資料にできるのは" in answer.content.decode()
    assert "題名" in answer.content.decode()


def test_an_empty_room_teaches(client):
    page = html(client, reverse("knowledge"))
    assert "保管庫（Vault）は" in page
    assert "貼り付けたテキスト" in page


def test_strangers_see_nothing_of_it(stranger, owner, vault):
    source = source_create(owner, text="内緒", title="内緒")
    client = signed_in(stranger)
    for address in (
        reader("製品/納期.md"),
        reverse("vault", args=[vault.pk]),
        reverse("source", args=[source.pk]),
    ):
        assert client.get(address).status_code == 404
    page = html(client, reverse("knowledge"), q="納期")
    assert "納期は三週間" not in page
    assert vault.name not in page


def test_who_may_only_see_a_vault_reads_its_notes(teammate, vault):
    share(vault, teammate)
    client = signed_in(teammate)
    assert "納期は三週間です。" in html(client, reader("製品/納期.md"))
    page = html(client, reverse("vault", args=[vault.pk]))
    assert reverse("vault-sync-now", args=[vault.pk]) not in page
    assert reverse("vault-remove", args=[vault.pk]) not in page


def test_a_vaults_page_asks_no_more_for_60_notes(client, owner, vault):
    addresses = [reverse("vault", args=[vault.pk]), reverse("knowledge"), f"{reverse('knowledge')}?q=納期"]
    [queries(client, address) for address in addresses]
    few = [queries(client, address) for address in addresses]
    for number in range(60):
        (Path(vault.path) / f"n{number}.md").write_text(
            f"# 納期 {number}\n\n納期は{number}週間です。", encoding="utf-8"
        )
        source_create(owner, text="x", title=f"s{number}")
    vault_sync(vault)
    many = [queries(client, address) for address in addresses]
    assert all(now <= before for now, before in zip(many, few, strict=True)), (few, many)
