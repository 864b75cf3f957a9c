"""`record()` and the streams: one call, everything or nothing, gapless whoever writes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from rest_framework.test import APIClient

from foundation.accounts.models import User
from foundation.activity import selectors
from foundation.activity.models import AuditEntry, Event, Notification
from foundation.activity.services import append, record
from foundation.core.actors import SYSTEM

type Api = Callable[[Any], APIClient]


def test_one_call_writes_audit_events_and_notifications(owner: User, stranger: User) -> None:
    event = record(
        owner,
        "thing.status_changed",
        owner,
        streams=["system", "workflow:x"],
        from_="a",
        to="b",
        notify=[stranger],
        title="見て",
    )
    entry = AuditEntry.objects.get(action="thing.status_changed")
    assert (entry.actor, entry.actor_name, entry.data) == (owner, "Owner", {"from": "a", "to": "b"})
    assert {row.stream for row in Event.objects.filter(type="thing.status_changed")} == {
        "system",
        "workflow:x",
    }
    assert event["object"] == {"kind": "user", "id": str(owner.pk)}
    assert event["at"].endswith("Z")
    note = Notification.objects.get(user=stranger)
    told = Event.objects.get(stream=f"inbox:{stranger.pk}").payload
    assert told["type"] == "notification.created"
    assert told["object"] == {"kind": "notification", "id": str(note.pk)}


def test_what_fails_leaves_nothing(owner: User) -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        record(owner, "thing.done", owner, streams=["system"])
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before
    assert selectors.stream_position("system") == ("", 0)


def test_the_platform_itself_can_act(owner: User) -> None:
    record(SYSTEM, "thing.done", owner)
    entry = AuditEntry.objects.get(action="thing.done")
    assert (entry.actor, entry.actor_name) == (None, "system")


@pytest.mark.django_db(transaction=True)
def test_eight_writers_leave_no_gap_in_any_stream() -> None:
    def write(writer: int) -> None:
        try:
            for number in range(40):
                _append(writer, number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    for stream in ("system", "workflow:shared"):
        rows = list(Event.objects.filter(stream=stream).order_by("seq").values_list("seq", "payload"))
        assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
        for writer in range(8):
            own = [payload["number"] for _, payload in rows if payload["writer"] == writer]
            assert own == sorted(own)
    assert Event.objects.count() == 8 * 40 * 2 - 8 * 8 * 2  # every fifth write was rolled back


def _append(writer: int, number: int) -> None:
    """One command; every fifth fails after it has written."""
    try:
        with transaction.atomic():
            for stream in ("system", "workflow:shared"):
                append(stream, {"type": "test.happened", "writer": writer, "number": number})
            if number % 5 == 4:
                raise InterruptedError
    except InterruptedError:
        return


def test_events_come_in_order_from_where_one_was(db: None) -> None:
    for number in range(10):
        append("system", {"type": "test.happened", "number": number}, "low")
    rows = selectors.events_after("system", 7)
    assert [(row["seq"], row["priority"], row["event"]["number"]) for row in rows] == [
        (8, "low", 7),
        (9, "low", 8),
        (10, "low", 9),
    ]
    assert len(selectors.events_after("system", 0, limit=4)) == 4
    epoch, last, oldest = selectors.stream_extent("system")
    assert (len(epoch), last, oldest) == (36, 10, 1)


def test_notifications_are_ones_own(api: Api, owner: User, stranger: User) -> None:
    record(SYSTEM, "plan.submitted", owner, notify=[owner], title="プラン「調査」が承認を待っています")
    mine = api(owner).get("/api/v1/notifications/?unread=true").json()["results"]
    assert [note["title"] for note in mine] == ["プラン「調査」が承認を待っています"]
    assert mine[0]["created_at"].endswith("Z")
    assert api(stranger).get("/api/v1/notifications/").json()["results"] == []
    address = f"/api/v1/notifications/{mine[0]['id']}/read/"
    assert api(stranger).post(address).status_code == 404
    first = api(owner).post(address).json()
    assert first["read_at"]
    assert api(owner).post(address).json() == first
    assert api(owner).get("/api/v1/notifications/?unread=true").json()["results"] == []
    assert AuditEntry.objects.filter(action="notification.read").count() == 1


def test_the_audit_shows_everything_only_to_those_who_may_see_it(
    api: Api, owner: User, teammate: User
) -> None:
    record(owner, "plan.approved", owner)
    record(teammate, "plan.commented", owner)
    actions = lambda client, query="": [  # noqa: E731 - a shorthand for the lines below
        row["action"] for row in client.get(f"/api/v1/audit/?search=plan{query}").json()["results"]
    ]
    assert actions(api(owner)) == ["plan.commented", "plan.approved"]
    assert actions(api(owner), "&action=plan.approved") == ["plan.approved"]
    assert actions(api(owner), f"&actor={teammate.pk}") == ["plan.commented"]
    assert actions(api(teammate)) == ["plan.commented"]
    foreign = AuditEntry.objects.get(action="plan.approved")
    assert api(teammate).get(f"/api/v1/audit/{foreign.pk}/").status_code == 404
    assert api(owner).delete(f"/api/v1/audit/{foreign.pk}/").status_code == 405


def test_verify_does_not_claim_more_than_it_checked(api: Api, owner: User, teammate: User) -> None:
    record(owner, "plan.approved", owner)
    verdict = api(owner).get("/api/v1/audit/verify/").json()
    assert (verdict["ok"], verdict["sealed"], verdict["first_bad"]) == (True, 0, None)
    assert verdict["unsealed"] == AuditEntry.objects.count()
    assert api(teammate).get("/api/v1/audit/verify/").status_code == 403
