import unicodedata
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from foundation.activity.models import AuditEntry
from foundation.core.errors import Forbidden, Invalid
from knowledge import services
from knowledge.models import Passage, Source
from knowledge.selectors import find_passages, source_list
from knowledge.services.sources import MAX_BYTES
from tests.factories import share

CSV = "商品名,価格,納期\nオリノ 墨,2480,2027-02-26\nオリノ 生成り,2480,2027-02-26\n書類箱,1200,即日\n"


def upload(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def test_pasted_text_is_kept_and_cited_by_line(owner: Any) -> None:
    source = services.source_create(
        owner, title="  価格の  資料 ", text="\ufeff一行目\r\n\r\n価格は 2,480 円です。\r\n"
    )
    assert (source.title, source.text) == ("価格の 資料", "一行目\n\n価格は 2,480 円です。\n")
    found = find_passages(owner, source_ids=[source.pk], queries=["価格"])
    assert [(each.note, each.line, each.source_id) for each in found] == [("価格の 資料", 1, source.pk)]
    assert AuditEntry.objects.filter(action="source.created", object_id=str(source.pk)).exists()


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("資料.md", "# 価格\n\n価格は 100 円。\n", "utf-8"),
        ("資料.TXT", "価格は 100 円です。".encode("cp932"), "cp932"),
        ("資料.txt", "価格は 100 円です。".encode("utf-16"), "utf-16"),
        ("C:\\Users\\x\\資料.csv", b"\xef\xbb\xbf" + CSV.encode(), "utf-8-sig"),
        ("../../資料.md", "価格は 100 円です。", "utf-8"),
    ],
)
def test_uploaded_files(owner: Any, name: str, content: str | bytes, encoding: str) -> None:
    source = services.source_create(owner, file=upload(name, content))
    assert (unicodedata.normalize("NFC", source.title), source.encoding) == ("資料", encoding)
    assert find_passages(owner, source_ids=[source.pk], queries=["価格"])


def test_rows_of_a_table_know_their_columns(owner: Any) -> None:
    source = services.source_create(owner, title="価格表", file=upload("p.csv", CSV))
    found = find_passages(owner, source_ids=[source.pk], queries=["書類箱の納期"])[0]
    assert found.heading == "商品名, 価格, 納期"
    assert "書類箱,1200,即日" in found.text


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "text_or_file"),
        ({"text": "a", "file": upload("a.md", "a")}, "text_or_file"),
        ({"text": ""}, "empty"),
        ({"text": " \n\t\u3000"}, "empty"),
        ({"text": "語" * MAX_BYTES}, "too_large"),
        ({"text": "a", "title": ""}, "title_not_valid"),
        ({"text": "a", "title": "x" * 201}, "title_not_valid"),
        ({"file": upload("a.pdf", "%PDF-1.7")}, "file_kind"),
        ({"file": upload("a.md.exe", "MZ")}, "file_kind"),
        ({"file": upload("a.md", b"\0" * 100)}, "not_text"),
        ({"file": upload("a.txt", b"\xff\xff\xfd\x81")}, "not_utf8"),
        ({"file": upload("a.txt", b"x" * (MAX_BYTES + 1))}, "too_large"),
        ({"file": upload("a.csv", 'a,b\n"open quote')}, "broken_csv"),
        ({"file": upload("a.md", "")}, "empty"),
    ],
)
def test_what_is_no_source(owner: Any, given: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as error:
        services.source_create(owner, **{"title": "題"} | given)
    assert error.value.code == code
    assert not Source.objects.exists()


def test_only_its_owner_deletes_it_and_nothing_is_left(owner: Any, teammate: Any) -> None:
    source = services.source_create(owner, title="t", text="価格の資料です。")
    share(source, teammate)
    assert list(source_list(teammate)) == [source]
    with pytest.raises(Forbidden):
        services.source_delete(teammate, source)
    services.source_delete(owner, source)
    assert not Passage.objects.exists()


def test_a_viewer_creates_none(teammate: Any) -> None:
    with pytest.raises(Forbidden):
        services.source_create(teammate, title="t", text="x")
