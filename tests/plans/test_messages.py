"""Out of the platform: to a real webhook and a real mail server, once, at the right time, with nothing secret in it."""

import json
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.utils import timezone

from plans.models import Channel, Message
from plans.services.outbox import messages_send, quiet_until
from tests import factories
from tests.plans.hooks import CHANNELS, SECRET, Hook, channel


def due_now() -> None:
    Message.objects.filter(status="pending").update(due_at=timezone.now())


def test_what_waits_is_told_once_and_says_where_to_look(owner, hook, api, caplog):
    made = channel(api(owner), hook)
    assert SECRET not in json.dumps(made)
    factories.plan(owner, title="研修の計画")
    for _ in range(3):
        messages_send()
    (told,) = hook.got
    assert "研修の計画" in told["message"]
    assert SECRET not in json.dumps(told) + caplog.text
    assert "http" not in told["message"]  # without PUBLIC_URL nobody knows the address
    assert Message.objects.get().status == "sent"
    with connection.cursor() as cursor:
        cursor.execute("SELECT address FROM plans_channel")
        assert SECRET not in cursor.fetchone()[0]


def test_mail_arrives(owner, api, settings):
    mails: list[bytes] = []

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            mails.append(envelope.content)
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Box(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings.AI_LOCAL_HOSTS = frozenset({f"127.0.0.1:{port}"})
        settings.SIGN_IN = "password"
        address = f"mailto://127.0.0.1:{port}/?to=boss@example.com&from=desk@example.com&mode=insecure&smtp=127.0.0.1"
        assert api(owner).post(CHANNELS, {"name": "mail", "address": address}).status_code == 201
        factories.plan(owner)
        messages_send()
    finally:
        server.stop()
    assert len(mails) == 1
    assert b"boss@example.com" in mails[0]
    assert Message.objects.get().status == "sent"


def test_a_channel_that_is_down_is_tried_again_seen_and_holds_nothing_up(owner, hook, api):
    made = channel(api(owner), hook)
    hook.answers = 503
    plan = factories.plan(owner)
    messages_send()
    assert Message.objects.get().status == "pending"
    assert api(owner).get(f"{CHANNELS}{made['id']}/").json()["trouble"]
    messages_send()  # not before its pause is over
    assert len(hook.got) == 1
    hook.answers = 200
    due_now()
    messages_send()
    assert (len(hook.got), Message.objects.get().status) == (2, "sent")
    assert api(owner).get(f"{CHANNELS}{made['id']}/").json()["trouble"] == ""
    body = {"content_hash": plan.current.content_hash}
    assert api(owner).post(f"/api/v1/plans/{plan.pk}/approve/", body).status_code == 200


def test_after_so_many_failures_it_is_given_up(owner, hook, api):
    channel(api(owner), hook)
    hook.answers = 500
    factories.plan(owner)
    for _ in range(10):
        due_now()
        messages_send()
    assert (len(hook.got), Message.objects.get().status) == (6, "given_up")


def test_what_was_decided_meanwhile_is_not_told(owner, hook, api):
    channel(api(owner), hook)
    plan = factories.plan(owner)
    api(owner).post(f"/api/v1/plans/{plan.pk}/approve/", {"content_hash": plan.current.content_hash})
    messages_send()
    assert (hook.got, Message.objects.get().status) == ([], "given_up")


def test_a_sender_that_died_leaves_no_second_message(owner, hook, api):
    channel(api(owner), hook)
    factories.plan(owner)
    Message.objects.update(status="sending", updated_at=timezone.now() - timedelta(hours=1))
    messages_send()
    assert (hook.got, Message.objects.get().status) == ([], "unknown")


@pytest.mark.django_db(transaction=True)
def test_senders_at_once_send_once(transactional_db, owner, hook, api):
    channel(api(owner), hook)
    factories.plan(owner)
    start = threading.Barrier(6)

    def run() -> None:
        start.wait(20)
        try:
            messages_send()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    ("begins", "ends", "at", "until"),
    [
        ("22:00", "07:00", "23:30", "07:00"),
        ("22:00", "07:00", "06:59", "07:00"),
        ("22:00", "07:00", "07:00", None),
        ("12:00", "13:00", "12:30", "13:00"),
        ("12:00", "13:00", "11:59", None),
    ],
)
def test_quiet_hours(begins, ends, at, until):
    from datetime import time

    kept = Channel(quiet_from=time.fromisoformat(begins), quiet_to=time.fromisoformat(ends))
    hour, minute = map(int, at.split(":"))
    now = timezone.localtime().replace(hour=hour, minute=minute, second=0, microsecond=0)
    found = quiet_until(kept, now)
    assert (found and found.strftime("%H:%M")) == until
    assert found is None or now < found <= now + timedelta(days=1)


def test_in_quiet_hours_a_message_waits(owner, hook, api):
    now = timezone.localtime()
    quiet = {
        "quiet_from": (now - timedelta(hours=1)).strftime("%H:%M"),
        "quiet_to": (now + timedelta(hours=1)).strftime("%H:%M"),
    }
    channel(api(owner), hook, **quiet)
    factories.plan(owner)
    messages_send()
    assert hook.got == []
    assert Message.objects.get().due_at > timezone.now() + timedelta(minutes=50)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "dbus://",
        "syslog://",
        "windows://",
        "http://example.com",
        "file:///etc/passwd",
        "json://",
        "x" * 2001,
    ],
)
def test_addresses_that_are_none(owner, api, address):
    assert api(owner).post(CHANNELS, {"name": "a", "address": address}).status_code == 422


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "127.0.0.1:9", "[::1]:9", "2130706433", "10.0.0.1", "localhost:9"]
)
def test_the_inner_network_is_not_called(owner, api, settings, host):
    settings.SIGN_IN = "password"
    made = api(owner).post(CHANNELS, {"name": "a", "address": f"json://{host}/x"})
    assert made.status_code == 201
    tried = api(owner).post(f"{CHANNELS}{made.json()['id']}/test/")
    assert (tried.status_code, tried.json()["error"]["code"]) == (409, "not_sent")
    assert "AI_LOCAL_HOSTS" in tried.json()["error"]["message"] or host.startswith("169")


def test_a_redirect_to_the_inner_network_is_not_followed(owner, hook, api):
    with Hook() as inner:
        hook.answers, hook.leads_to = 307, f"http://{inner.place}/x"
        made = channel(api(owner), hook)
        assert api(owner).post(f"{CHANNELS}{made['id']}/test/").status_code == 409
        assert inner.got == []
        inner.shutdown()


def test_channels_are_ones_own(owner, stranger, hook, api):
    made = channel(api(owner), hook)
    for verb in ("get", "patch", "delete"):
        assert getattr(api(stranger), verb)(f"{CHANNELS}{made['id']}/").status_code == 404
    assert api(stranger).post(f"{CHANNELS}{made['id']}/test/").status_code == 404
    assert api(owner).patch(f"{CHANNELS}{made['id']}/", {"is_active": False}).json()["is_active"] is False
    factories.plan(owner)
    assert not Message.objects.exists()
    assert api(owner).delete(f"{CHANNELS}{made['id']}/").status_code == 204
