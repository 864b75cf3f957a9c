"""The sealer: one at a time, it chains audit rows by hash and exports the head. And handing the audit out."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from foundation.activity import anchors
from foundation.activity.chain import GENESIS, Head, digest
from foundation.activity.models import AuditChain, AuditEntry
from foundation.activity.selectors import AuditVerdict, audit_verdict
from foundation.activity.services.recording import record
from foundation.core.actors import Actor
from foundation.core.leases import Lease, claim, guard, kept
from foundation.core.permissions import require_permission
from foundation.core.rows import update_each

logger = logging.getLogger("audit.head")

BATCH = 500
MOST_BATCHES = 200
"""What one round seals at the most; the next one goes on."""

SEALED = ("sequence", "previous_hash", "hash")
IN_MEMORY = 5 * 1024 * 1024
COLUMNS = (
    "sequence",
    "at",
    "actor",
    "action",
    "object_kind",
    "object_id",
    "data",
    "hash",
    "previous_hash",
    "id",
)


def audit_seal() -> int:
    """Chain what is not chained yet, in the order in which it happened; returns how many rows. 0 while another seals."""
    AuditChain.objects.get_or_create(pk=AuditChain.ONLY)
    lease = claim(AuditChain, AuditChain.ONLY)
    if lease is None:
        return 0
    with kept(lease):
        sealed = 0
        for _round in range(MOST_BATCHES):
            count = _seal_batch(lease)
            sealed += count
            if count < BATCH:
                break
        _export_head()
    return sealed


@transaction.atomic
def _seal_batch(lease: Lease) -> int:
    chain = guard(lease)
    sequence, previous = chain.sequence, chain.hash or GENESIS
    rows = list(AuditEntry.objects.filter(sequence=None).order_by("at", "id")[:BATCH])
    for row in rows:
        sequence += 1
        row.sequence, row.previous_hash, row.hash = sequence, previous, digest(row, sequence, previous)
        previous = row.hash
    update_each(rows, SEALED)
    if rows:
        lease.rows().update(sequence=sequence, hash=previous)
    return len(rows)


def _export_head() -> None:
    """Outside the transaction: a head is exported only after it is true."""
    chain = AuditChain.objects.get(pk=AuditChain.ONLY)
    if chain.sequence == chain.exported:
        return
    head = Head(str(chain.epoch), chain.sequence, chain.hash)
    anchors.export(head)
    logger.info("Audit chain %s sealed up to %s: %s", head.epoch, head.sequence, head.hash)
    AuditChain.objects.filter(pk=AuditChain.ONLY).update(exported=head.sequence)


def audit_verify(actor: Actor) -> AuditVerdict:
    """How the audit stands, and on record that somebody asked. Raises Forbidden without `audit:view`."""
    verdict = audit_verdict(actor)
    chain, _made = AuditChain.objects.get_or_create(pk=AuditChain.ONLY)
    about = {
        "ok": verdict.ok,
        "sealed": verdict.sealed,
        "fault": verdict.fault,
        "row": verdict.first_bad_sequence,
    }
    record(
        actor,
        "audit.verified",
        chain,
        data={name: value for name, value in about.items() if value not in ("", None)},
    )
    return verdict


def audit_export(actor: Actor, *, rows: QuerySet[AuditEntry], form: str, asked: dict[str, str]) -> IO[bytes]:
    """The `rows` as a file (`form` is jsonl or csv), oldest first. That it was handed out is recorded, with what was `asked`.

    Raises Forbidden without `audit:export`.
    """
    require_permission(actor, "audit:export")
    write = _WRITERS[form]
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    count = 0
    for line in write(_told(row) for row in rows.order_by("at", "id").iterator(2000)):
        file.write(line.encode())
        count += 1
    file.seek(0)
    chain, _made = AuditChain.objects.get_or_create(pk=AuditChain.ONLY)
    record(actor, "audit.exported", chain, data={"form": form, "lines": count, "asked": asked})
    return file


def _told(row: AuditEntry) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in COLUMNS if name not in ("actor", "at")}
    return {name: said.get(name) for name in COLUMNS} | {
        "at": row.at.isoformat(), "actor": row.actor_name, "id": str(row.id),
    }  # fmt: skip


def _as_lines(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False) + "\n"


class _Line:
    """What csv writes to: hands each line back."""

    def write(self, line: str) -> str:
        return line


def _as_csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer = csv.DictWriter(_Line(), COLUMNS)
    yield "\ufeff" + writer.writeheader()  # Excel takes UTF-8 for Shift_JIS without it
    for row in rows:
        told = row | {"data": json.dumps(row["data"], ensure_ascii=False)}
        yield writer.writerow({name: _inert(value) for name, value in told.items()})


def _inert(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


_WRITERS: dict[str, Callable[[Iterator[dict[str, Any]]], Iterator[str]]] = {
    "jsonl": _as_lines,
    "csv": _as_csv,
}
EXPORT_FORMS = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
"""The media type of each form in which the audit is handed out."""
