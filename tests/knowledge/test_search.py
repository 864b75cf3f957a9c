import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.core.errors import NotFound
from knowledge import services
from knowledge.grams import fold
from knowledge.models import Passage, Vault
from knowledge.selectors import search_notes
from tests.factories import share
from tests.knowledge.trees import write

WORDS = st.lists(
    st.sampled_from(
        [
            "会議",
            "新製品",
            "価格",
            "納期",
            "スニペット",
            "本",
            "ＣＳＳ",
            "ｽﾆﾍﾟｯﾄ",
            "css",
            "plan",
            "2,480",
            "#会議",
            "。",
        ]
    ),
    max_size=12,
)


@pytest.fixture
def administrator(django_user_model: Any) -> Any:
    return django_user_model.objects.create_superuser("administrator")


def found(user: Any, q: str, **options: Any) -> list[str]:
    return [hit.note.path for hit in search_notes(user, q, **options)]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("価格", {"製品/新製品.md", "会議/議事録.md"}),
        ("納", {"製品/新製品.md"}),
        ("期", {"製品/新製品.md"}),
        ("2,480", {"製品/新製品.md"}),
        ("２４８０", set()),
        ("ＬＡＵＮＣＨ", {"English.md"}),
        ("laun", {"English.md"}),
        ("aunch", set()),
        ("定例", {"会議/議事録.md"}),
        ("価格 決定事項", {"会議/議事録.md"}),
        ("価格 納期", {"製品/新製品.md"}),
        ('"価格を決めた"', {"会議/議事録.md"}),
        ('"決めた価格"', set()),
        ("会議 launch", set()),
        ("", set()),
        ("。、", set()),
        ("'; DROP TABLE x; --", set()),
        ('" OR 1=1 * NEAR( {}', set()),
    ],
)
def test_what_is_found(owner: Any, office: Vault, q: str, expected: set[str]) -> None:
    assert set(found(owner, q)) == expected


def test_a_hit_says_where_and_why(owner: Any, office: Vault) -> None:
    hit = search_notes(owner, "2,480")[0]
    assert (hit.note.title, hit.heading, hit.line) == ("新製品", "新製品 > 価格", 5)
    start, end = hit.marks[0]
    assert hit.snippet[start:end] == "2,480"
    assert hit.why


def test_the_line_is_the_line_of_the_match(owner: Any, vault: Vault, root: Path) -> None:
    lines = ["---", "a: 1", "---", "", *(f"行 {number}" for number in range(5, 40)), "ここに ｽﾆﾍﾟｯﾄ がある"]
    write(root, "n.md", "\r\n".join(lines))
    services.vault_sync(vault)
    hit = search_notes(owner, "スニペット")[0]
    assert lines[hit.line - 1] == "ここに ｽﾆﾍﾟｯﾄ がある"
    assert hit.snippet[slice(*hit.marks[0])] == "ｽﾆﾍﾟｯﾄ"


def test_names_come_first_reports_and_templates_last(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "長い文.md", "価格 " * 50)
    write(root, "価格.md", "x\n")
    write(root, "価格の検討.md", "x\n")
    write(root, "別名.md", "---\naliases: [価格]\n---\nx\n")
    write(root, "タグ.md", "x #価格\n")
    write(root, "見出し.md", "# 価格\n\nx\n")
    write(root, "AI秘書/価格の報告.md", "価格 価格\n")
    write(root, "Templates/価格の雛形.md", "価格 価格\n")
    services.vault_sync(vault)
    names = [Path(path).stem for path in found(owner, "価格")]
    assert names == ["価格", "別名", "価格の検討", "タグ", "見出し", "価格の報告", "価格の雛形", "長い文"]


def test_signs_are_looked_at_where_they_make_a_difference(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "cpp.md", "We use C++ here.\n")
    write(root, "c.md", "We use C here.\n")
    services.vault_sync(vault)
    assert found(owner, "c++") == ["cpp.md"]
    assert set(found(owner, "c")) == {"cpp.md", "c.md"}


def test_terms_far_apart_in_one_note_are_found(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "long.md", "# A\n\n冒頭の会議\n\n" + "# B\n\n間の文。\n\n" * 60 + "# C\n\n末尾の納期\n")
    write(root, "other.md", "会議だけ\n")
    services.vault_sync(vault)
    assert found(owner, "会議 納期") == ["long.md"]


def test_the_frontmatter_is_searched_with_its_true_lines(owner: Any, vault: Vault, root: Path) -> None:
    write(root, "n.md", "---\ntitle: x\nclient: 月舟堂\n---\n\nbody\n")
    write(root, "broken.md", "---\nowner: @月舟堂: [\n---\n\nbody\n")
    services.vault_sync(vault)
    hits = {hit.note.path: hit for hit in search_notes(owner, "月舟堂")}
    assert (hits["n.md"].line, hits["broken.md"].line) == (3, 2)


def test_only_what_one_may_see_is_found(
    owner: Any, teammate: Any, stranger: Any, administrator: Any, office: Vault
) -> None:
    share(office, teammate)
    assert found(owner, "価格") == found(teammate, "価格") == found(administrator, "価格") != []
    assert found(stranger, "価格") == []
    with pytest.raises(NotFound):
        search_notes(stranger, "価格", vault=office.pk)


def test_a_vault_is_searched_alone(owner: Any, administrator: Any, office: Vault, tmp_path: Path) -> None:
    other_root = tmp_path.resolve() / "other"
    write(other_root, "別.md", "価格は別\n")
    other = services.vault_register(owner, name="別", path=str(other_root))
    services.vault_sync(other)
    services.source_create(administrator, title="価格", text="価格の資料")
    for user in (owner, administrator):
        assert found(user, "価格", vault=other.pk) == ["別.md"]
        assert len(found(user, "価格")) == 3
        assert found(user, "価格", limit=1) == found(user, "価格")[:1]


def test_nothing_of_a_deleted_passage_is_left_in_the_index(owner: Any, office: Vault) -> None:
    Passage.objects.filter(note__path="製品/新製品.md").delete()
    assert found(owner, "納期") == []


def test_the_index_has_room_for_many_vaults(owner: Any, tmp_path: Path) -> None:
    for number in range(120):
        write(tmp_path.resolve() / f"v{number}", "n.md", f"会議 {number}\n")
        services.vault_sync(
            services.vault_register(owner, name=f"v{number}", path=str(tmp_path.resolve() / f"v{number}"))
        )
    assert len(found(owner, "会議", limit=200)) == 120


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(WORDS.map(" ".join), min_size=1, max_size=6), data=st.data())
def test_every_word_of_two_characters_is_found_in_every_note_that_holds_it(
    owner: Any, vault: Vault, root: Path, bodies: list[str], data: st.DataObject
) -> None:
    for file in root.glob("*.md"):
        file.unlink()
    for number, body in enumerate(bodies):
        write(root, f"{number}.md", f"{body}\n{os.urandom(4).hex()}")
    services.vault_request_sync(owner, vault, accept_vanished=True)
    services.vault_sync(vault)
    word = data.draw(st.sampled_from(["会議", "製品", "価格", "スニペット", "ニペ", "css", "本"]))
    expected = {f"{number}.md" for number, body in enumerate(bodies) if word in fold(body)}
    assert set(found(owner, word, vault=vault.pk)) == expected
