"""The audit chain under attack: whoever edits, deletes, reorders, cuts or rewrites is found out, and told where."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from rest_framework.test import APIClient

from foundation.accounts.models import User
from foundation.activity import anchors, selectors
from foundation.activity.chain import GENESIS, digest
from foundation.activity.models import AuditChain, AuditEntry
from foundation.activity.services import audit_seal, record
from foundation.core import leases
from foundation.core.actors import SYSTEM

type Api = Callable[[Any], APIClient]
ROWS = 12


@pytest.fixture
def sealed(owner: User) -> list[AuditEntry]:
    """Rows 1 to ROWS of a chain, the head exported after row 6 and after the last."""
    for half in range(2):
        for number in range(ROWS // 2):
            record(owner, "thing.done", owner, data={"number": half * 6 + number, "text": "日本語"})
        AuditEntry.objects.exclude(action="thing.done").filter(sequence=None).delete()
        audit_seal()
    return list(AuditEntry.objects.order_by("sequence"))


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def key(entry: AuditEntry) -> str:
    return str(entry.pk) if connection.vendor == "postgresql" else entry.pk.hex


def verdict() -> tuple[int | None, str]:
    found = selectors.audit_standing()
    return found.first_bad_sequence, found.fault


def rewrite_from(sequence: int) -> None:
    """As an attacker who knows how: every hash from there on made anew, the head in the database too."""
    before = AuditEntry.objects.filter(sequence=sequence - 1).first()
    previous = before.hash if before else GENESIS
    for row in AuditEntry.objects.filter(sequence__gte=sequence).order_by("sequence"):
        own = digest(row, row.sequence, previous)
        AuditEntry.objects.filter(pk=row.pk).update(previous_hash=previous, hash=own)
        previous = own
    AuditChain.objects.update(hash=previous)


def test_what_is_sealed_is_sound_and_the_tail_is_counted(sealed: list[AuditEntry], owner: User) -> None:
    assert [row.sequence for row in sealed] == list(range(1, ROWS + 1))
    record(owner, "thing.done", owner)
    found = selectors.audit_standing()
    assert (found.ok, found.sealed, found.unsealed, found.heads) == (True, ROWS, 1, 2)


@pytest.mark.security("S17")
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE activity_auditentry SET actor_name = 'somebody else' WHERE id = %s", "changed"),
        ("UPDATE activity_auditentry SET action = 'thing.undone' WHERE id = %s", "changed"),
        ("UPDATE activity_auditentry SET data = '{}' WHERE id = %s", "changed"),
        ("UPDATE activity_auditentry SET at = '2001-01-01 00:00:00+00:00' WHERE id = %s", "changed"),
        ("UPDATE activity_auditentry SET hash = repeat('0', 64) WHERE id = %s", "changed"),
        ("DELETE FROM activity_auditentry WHERE id = %s", "missing"),
    ],
)
def test_an_edit_and_a_deletion_are_found_where_they_happened(
    sealed: list[AuditEntry], change: str, fault: str
) -> None:
    if connection.vendor == "sqlite":
        change = change.replace("repeat('0', 64)", f"'{GENESIS}'")
    sql(change, key(sealed[4]))
    assert verdict() == (5, fault)


@pytest.mark.security("S17")
def test_two_rows_that_changed_places_are_found(sealed: list[AuditEntry]) -> None:
    third, seventh = sealed[2], sealed[6]
    AuditEntry.objects.filter(pk=third.pk).update(sequence=None)
    AuditEntry.objects.filter(pk=seventh.pk).update(sequence=3)
    AuditEntry.objects.filter(pk=third.pk).update(sequence=7)
    assert verdict()[0] == 3


@pytest.mark.security("S17")
@pytest.mark.parametrize("hides_it", [False, True])
def test_a_cut_tail_is_found(sealed: list[AuditEntry], hides_it: bool) -> None:
    AuditEntry.objects.filter(sequence__gt=9).delete()
    if hides_it:
        AuditChain.objects.update(sequence=9, hash=sealed[8].hash)
    assert verdict() == (10, "cut")


@pytest.mark.security("S17")
def test_a_rewritten_chain_contradicts_the_heads_that_were_exported(sealed: list[AuditEntry]) -> None:
    sql("UPDATE activity_auditentry SET actor_name = 'nobody' WHERE id = %s", key(sealed[1]))
    rewrite_from(2)
    assert verdict() == (6, "rewritten")


@pytest.mark.security("S17")
def test_another_chain_in_its_place_is_found(sealed: list[AuditEntry]) -> None:
    AuditEntry.objects.all().delete()
    AuditChain.objects.all().delete()
    record(SYSTEM, "thing.done", User.objects.first())
    audit_seal()
    assert verdict() == (1, "rewritten")


@pytest.mark.security("S17")
def test_without_own_files_a_copy_kept_elsewhere_tells(
    sealed: list[AuditEntry], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "kept elsewhere.jsonl"
    copy.write_bytes(anchors.own()[0].read_bytes() + b'{"epoch": "cut sho')
    call_command("audit", "verify", anchor=[copy])
    for file in anchors.own():
        file.unlink()
    rewrite_from(1)
    sql("UPDATE activity_auditentry SET actor_name = 'nobody' WHERE id = %s", key(sealed[0]))
    rewrite_from(1)
    call_command("audit", "verify")
    with pytest.raises(CommandError, match="6"):
        call_command("audit", "verify", anchor=[copy])


def test_the_heads_are_for_the_owner_of_the_process_alone(sealed: list[AuditEntry]) -> None:
    assert [oct(file.stat().st_mode & 0o777) for file in anchors.own()] == ["0o600"]


def test_a_user_who_is_deleted_leaves_the_chain_whole(sealed: list[AuditEntry], owner: User) -> None:
    ref = str(owner.pk)
    owner.delete()
    assert selectors.audit_standing().ok
    assert set(AuditEntry.objects.values_list("actor", "actor_ref")) == {(None, ref)}


@pytest.mark.security("S17")
@pytest.mark.django_db(transaction=True)
def test_eight_writers_and_three_sealers_never_break_it(owner: User) -> None:
    over = threading.Event()

    def write(number: int) -> None:
        try:
            for _ in range(25):
                record(SYSTEM, "thing.done", owner, data={"writer": number})
        finally:
            connections.close_all()

    def seal() -> None:
        try:
            while not over.is_set():
                audit_seal()
                over.wait(0.01)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(11) as pool:
        sealers = [pool.submit(seal) for _ in range(3)]
        for each in [pool.submit(write, number) for number in range(8)]:
            each.result()
        over.set()
        for each in sealers:
            each.result()
    audit_seal()
    found = selectors.audit_standing()
    assert (found.ok, found.sealed, found.unsealed) == (True, AuditEntry.objects.count(), 0)
    assert found.sealed >= 200


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_lost_its_lease_seals_nothing(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    record(owner, "thing.done", owner)
    guard = leases.guard

    def overtaken(lease: leases.Lease) -> Any:
        AuditChain.objects.update(lease_owner="another", fence=lease.fence + 1)
        return guard(lease)

    monkeypatch.setattr("foundation.activity.services.sealing.guard", overtaken)
    with pytest.raises(leases.LeaseLost):
        audit_seal()
    assert AuditEntry.objects.exclude(sequence=None).count() == 0


def test_verify_says_it_over_rest(sealed: list[AuditEntry], owner: User, api: Api) -> None:
    client = api(owner)
    assert client.get("/api/v1/audit/verify/").json()["ok"] is True
    sql("UPDATE activity_auditentry SET actor_name = 'nobody' WHERE id = %s", key(sealed[4]))
    told = client.get("/api/v1/audit/verify/").json()
    assert (told["ok"], told["first_bad"], told["first_bad_sequence"], told["fault"]) == (
        False, str(sealed[4].pk), 5, "changed",
    )  # fmt: skip


def body(response: Any) -> str:
    return b"".join(response).decode()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_an_export_is_whole_filtered_and_itself_on_record(
    sealed: list[AuditEntry], owner: User, api: Api
) -> None:
    client = api(owner)
    given = client.get("/api/v1/audit/export/", {"action": "thing.done"})
    assert given["Content-Disposition"] == 'attachment; filename="audit.jsonl"'
    lines = [json.loads(line) for line in body(given).splitlines()]
    assert [line["sequence"] for line in lines] == list(range(1, ROWS + 1))
    assert lines[0]["hash"] == sealed[0].hash
    entry = AuditEntry.objects.get(action="audit.exported")
    assert entry.data["data"] == {"form": "jsonl", "lines": ROWS, "asked": {"action": "thing.done"}}


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_a_spreadsheet_gets_no_formulas(owner: User, api: Api) -> None:
    AuditEntry.objects.create(
        actor_name="=HYPERLINK(1)", action="thing.done", object_kind="x", object_id="+1"
    )
    rows = list(
        csv.DictReader(io.StringIO(body(api(owner).get("/api/v1/audit/export/?form=csv")).lstrip("\ufeff")))
    )
    row = next(each for each in rows if each["action"] == "thing.done")
    assert (row["actor"], row["object_id"]) == ("'=HYPERLINK(1)", "'+1")


def test_who_may_not_export_gets_nothing(teammate: User, api: Api) -> None:
    assert api(teammate).get("/api/v1/audit/export/").status_code == 403
    assert api(None).get("/api/v1/audit/export/").status_code == 401
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


def test_an_unknown_form_is_refused(owner: User, api: Api) -> None:
    assert api(owner).get("/api/v1/audit/export/?form=exe").status_code == 422


@pytest.mark.security("S17")
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_kill_nine_while_sealing_leaves_a_sound_chain(owner: User, settings: Any) -> None:
    for _ in range(300):
        AuditEntry.objects.create(actor_name="x", action="thing.done", object_kind="x", object_id="1")
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.DATABASES['default']['NAME'] = {str(connection.settings_dict['NAME'])!r}\n"
        "from foundation.activity.services import sealing\n"
        "sealing.BATCH = 20\n"
        "seal = sealing._seal_batch\n"
        "def told(lease):\n"
        "    count = seal(lease)\n"
        "    print(count, flush=True)\n"
        "    return count\n"
        "sealing._seal_batch = told\n"
        "sealing.audit_seal()\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(settings.DATA_DIR),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True
    )
    for _ in range(3):
        assert process.stdout.readline().strip() == "20"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    between = selectors.audit_standing()
    assert between.ok
    assert 60 <= between.sealed < 300
    assert leases.free_dead() == 1
    audit_seal()
    after = selectors.audit_standing()
    assert (after.ok, after.sealed, after.unsealed) == (True, AuditEntry.objects.count(), 0)
