"""The page of the audit trail: looked through, narrowed, verified, handed out; and who may not."""

import csv
import io
import json

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from foundation.accounts.models import Role, User
from foundation.activity.models import AuditEntry
from foundation.activity.services import audit_seal, record
from tests.counting import queries
from tests.pages import HOSTILE, assert_inert, assert_shown, html, signed_in

PAGE, VERIFY, EXPORT = (reverse(f"audit-trail{each}") for each in ("", "-verify", "-export"))


@pytest.fixture
def auditor(db: None) -> User:
    user = User.objects.create_user("auditor", password=None, display_name="監査の森")
    user.groups.add(Role.objects.get(name="auditor").group)
    return user


@pytest.fixture
def things(owner: User, stranger: User) -> None:
    """Three of the owner's deeds, two of the stranger's."""
    for number in range(3):
        record(owner, "thing.made", owner, data={"number": number})
    for _ in range(2):
        record(stranger, "thing.broken", stranger)


def actions(page: str) -> list[str]:
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [each.partition("</code>")[0] for each in rows.split('"><code>')[1:]]


def test_the_newest_stand_first_with_who_and_what(auditor: User, owner: User, things: None) -> None:
    page = html(signed_in(auditor), PAGE)
    assert actions(page)[:5] == ["thing.broken"] * 2 + ["thing.made"] * 3
    assert_shown(page, str(owner))
    assert_inert(page)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "own"}, ["thing.made"] * 3),
        ({"who": "OWNER"}, ["thing.made"] * 3),
        ({"action": "thing.b"}, ["thing.broken"] * 2),
        ({"action": "thing", "who": "Stranger"}, ["thing.broken"] * 2),
        ({"action": "thing", "since": "2999-01-01"}, []),
        ({"action": "thing", "until": "1999-01-01"}, []),
        ({"who": "%"}, []),
        ({"who": "' OR 1=1 --"}, []),
        ({"object": "nothing"}, []),
    ],
)
def test_narrowed(auditor: User, things: None, asked: dict[str, str], found: list[str]) -> None:
    assert actions(html(signed_in(auditor), PAGE, **asked)) == found


def test_one_thing_and_one_day(auditor: User, owner: User, things: None) -> None:
    today = f"{timezone.localdate():%Y-%m-%d}"
    asked = {"kind": "user", "object": str(owner.pk), "action": "thing.", "since": today, "until": today}
    assert actions(html(signed_in(auditor), PAGE, **asked)) == ["thing.made"] * 3


@pytest.mark.parametrize("asked", [{"since": "x"}, {"until": "2026-02-30"}, {"who": "x" * 101}])
def test_what_makes_no_sense_is_told_at_its_field(auditor: User, things: None, asked: dict[str, str]) -> None:
    page = html(signed_in(auditor), PAGE, **asked)
    assert f'id="id_{next(iter(asked))}_error"' in page
    assert actions(page) == []


@pytest.mark.parametrize("asked", [{"until": "9999-12-31"}, {"since": "0001-01-01"}, {"cursor": "nonsense"}])
def test_the_ends_of_time_are_days_too(auditor: User, things: None, asked: dict[str, str]) -> None:
    assert "thing.made" in actions(html(signed_in(auditor), PAGE, **asked))


def test_pages_visit_every_entry_once(auditor: User, owner: User) -> None:
    for _ in range(65):
        record(owner, "thing.made", owner)
    client, seen, address = signed_in(auditor), [], f"{PAGE}?action=thing"
    while address:
        page = html(client, address)
        seen += [each.partition('"')[0] for each in page.split('<tr id="e-')[1:]]
        record(owner, "other.made", owner)  # what comes in between shifts nothing
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        address = PAGE + following.replace("&amp;", "&") if 'rel="next"' in page else ""
    assert len(seen) == len(set(seen)) == 65


def test_it_costs_the_same_however_long(auditor: User, owner: User) -> None:
    client = signed_in(auditor)
    record(owner, "thing.made", owner)
    queries(client, PAGE)
    few = queries(client, PAGE)
    for _ in range(200):
        record(owner, "thing.made", owner)
    assert queries(client, PAGE) == few


def test_hostile_words_are_words(auditor: User, owner: User) -> None:
    AuditEntry.objects.create(
        actor_name=HOSTILE,
        action="thing.made",
        object_kind=HOSTILE[:60],
        object_id=HOSTILE[:64],
        data={"x": HOSTILE},
    )
    assert_inert(html(signed_in(auditor), PAGE))


@pytest.mark.security("S17")
def test_verifying_tells_the_first_bad_row_and_is_on_record(auditor: User, things: None) -> None:
    client = signed_in(auditor, "en")
    audit_seal()
    assert "never from here" in html(client, PAGE)
    assert client.post(VERIFY).status_code == 303
    assert "as it was written" in html(client, PAGE)
    bad = AuditEntry.objects.get(sequence=2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE activity_auditentry SET actor_name = 'nobody' WHERE sequence = 2")
    client.post(VERIFY)
    page = html(client, PAGE)
    assert_shown(page, "Row 2 was changed after it had been sealed.")
    assert [row.data["data"]["ok"] for row in AuditEntry.objects.filter(action="audit.verified").order_by("at")] == [
        True, False,
    ]  # fmt: skip
    assert bad.sequence == 2


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_handed_out_as_it_is_narrowed(owner: User, things: None) -> None:
    client = signed_in(owner)
    answer = client.post(EXPORT, {"form": "jsonl", "who": "stranger", "action": "thing"})
    rows = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert [row["action"] for row in rows] == ["thing.broken"] * 2
    answer = client.post(EXPORT, {"form": "csv", "action": "thing"})
    assert 'filename="audit.csv"' in answer["Content-Disposition"]
    table = csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig")))
    assert [row["action"] for row in table] == ["thing.made"] * 3 + ["thing.broken"] * 2
    asked = AuditEntry.objects.filter(action="audit.exported").order_by("at").first().data["data"]
    assert (asked["lines"], asked["asked"]["who"]) == (2, "stranger")


@pytest.mark.parametrize("given", [{"form": "exe"}, {}, {"form": "csv", "since": "x"}])
def test_an_export_that_makes_no_sense_hands_out_nothing(owner: User, given: dict[str, str]) -> None:
    assert signed_in(owner).post(EXPORT, given).status_code == 422
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_who_may_not_sees_neither_the_page_nor_the_way_to_it(
    teammate: User, stranger: User, owner: User, things: None
) -> None:
    for nobody in (teammate, stranger):
        client = signed_in(nobody)
        assert client.get(PAGE).status_code == 403
        assert client.post(VERIFY).status_code == 403
        assert client.post(EXPORT, {"form": "csv"}).status_code == 403
        assert PAGE not in html(client, reverse("settings"))
    assert PAGE in html(signed_in(owner), reverse("settings"))
    assert not AuditEntry.objects.filter(action__in=("audit.verified", "audit.exported")).exists()


def test_a_manager_reads_but_does_not_take_away(db: None, things: None) -> None:
    manager = User.objects.create_user("manager", password=None)
    manager.groups.add(Role.objects.get(name="manager").group)
    client = signed_in(manager)
    assert EXPORT not in html(client, PAGE)
    assert client.post(EXPORT, {"form": "csv"}).status_code == 403


def test_looking_changes_nothing(auditor: User, things: None) -> None:
    before = AuditEntry.objects.count()
    html(signed_in(auditor), PAGE)
    assert signed_in(auditor).get(VERIFY).status_code == 405
    assert signed_in(auditor).get(EXPORT).status_code == 405
    assert AuditEntry.objects.count() == before
