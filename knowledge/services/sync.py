"""Making the index say what the disk says. Never the other way round: a sync writes nothing into a vault."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from foundation.activity.services import record
from foundation.core.actors import SYSTEM
from foundation.core.leases import Lease, claim, guard, kept, progressed
from foundation.core.queue import enqueue
from knowledge.files.inside import Outside, root_fault
from knowledge.files.names import is_below
from knowledge.files.reading import FoundFile, Scan, read_content, scan_vault
from knowledge.models import Note, NoteWrite, Passage, Vault
from knowledge.services.link_targets import resolve_links
from knowledge.services.note_rows import Indexer, announce, bury
from knowledge.services.sync_plan import Known, Plan, Work, plan_sync
from knowledge.states import NoteStatus, Zone

NOTES_PER_TRANSACTION = 20
CHARS_PER_TRANSACTION = 100_000
_TEMPLATE_FOLDERS = ("templates", "template", "_templates", "テンプレート", "雛形")


@dataclass(frozen=True)
class SyncReport:
    """What a sync found and did, in notes. `stopped` is the reason (see `knowledge.reasons`) why it did nothing."""

    total: int = 0
    indexed: int = 0
    skipped: int = 0
    failed: int = 0
    added: int = 0
    changed: int = 0
    renamed: int = 0
    removed: int = 0
    unchanged: int = 0
    stopped: str = ""


def vault_sync(vault: Vault) -> SyncReport:
    """Bring the index of one vault up to date. Call it outside a transaction; killed, the next call goes on.

    One sync per vault at a time: the second reports `busy`. Raises LeaseLost when another worker took over.
    """
    lease = claim(Vault, vault.pk)
    if lease is None:
        return SyncReport(stopped="busy")
    with kept(lease):
        vault.refresh_from_db()
        report = _sync(vault, lease)
    if Vault.objects.filter(pk=vault.pk, sync_requested_at__gt=vault.synced_at).exists():
        enqueue("knowledge.sync_vault", str(vault.pk))  # asked for again while we were at work
    return report


def vault_sync_queued(vault_id: str) -> None:
    """What the queue asks for: the vault may have been removed since."""
    if vault := Vault.objects.filter(pk=vault_id).first():
        vault_sync(vault)


def _sync(vault: Vault, lease: Lease) -> SyncReport:
    started = timezone.now()
    root = Path(vault.path)
    stopped = root_fault(root)
    scan = Scan() if stopped else scan_vault(root)
    zones = Zones(vault)
    plan = plan_sync(_known(vault), scan, zone_of=zones.of, hash_of=lambda file: _hash(root, file))
    stopped = stopped or _vanishing_fault(vault, scan, plan)
    if stopped:
        return _finish(vault, lease, started, SyncReport(stopped=stopped))
    added = sum(work.pk is None for work in plan.work)
    announce(vault, lease, plan.work)
    _remove(lease, plan.vanished)
    _index(vault, lease, plan.work, zones)
    resolve_links(vault, lease, everything=bool(added or plan.renamed or plan.vanished))
    report = SyncReport(
        added=added,
        changed=len(plan.work) - added - plan.renamed,
        renamed=plan.renamed,
        removed=len(plan.vanished),
        unchanged=plan.unchanged,
        **_counts(vault),
    )
    return _finish(vault, lease, started, report)


class Zones:
    """What each note's text may be used for, by its place in the vault."""

    def __init__(self, vault: Vault) -> None:
        self.reports = vault.report_folder
        self.written = frozenset(NoteWrite.objects.filter(vault=vault).values_list("path", flat=True))
        self.templates = _template_folders(Path(vault.path))

    def of(self, path: str) -> Zone:
        if path in self.written or is_below(path, self.reports):
            return Zone.REPORT
        return Zone.TEMPLATE if any(is_below(path, folder) for folder in self.templates) else Zone.EVIDENCE


def _template_folders(root: Path) -> tuple[str, ...]:
    try:
        settings = json.loads(read_content(root, ".obsidian/templates.json").data)
        folder = settings["folder"].strip("/")
    except (OSError, Outside, ValueError, KeyError, TypeError, AttributeError):
        folder = ""
    return (*_TEMPLATE_FOLDERS, *([folder] if folder else []))


def _vanishing_fault(vault: Vault, scan: Scan, plan: Plan) -> str:
    if vault.vanish_accepted:
        return ""
    if plan.live and not scan.files:
        return "unreadable" if scan.unreadable else "empty"
    return "vanished" if plan.vanished_at_once else ""


def _known(vault: Vault) -> list[Known]:
    names = ("pk", "path", "path_key", "size", "mtime_ns", "sha256", "status", "zone", "deleted_at")
    rows = Note.objects.filter(vault=vault).order_by("path").values_list(*names)
    return [Known(*row[:-1], deleted=row[-1] is not None) for row in rows]


def _hash(root: Path, file: FoundFile) -> str:
    try:
        return read_content(root, file.path).sha256
    except (OSError, ValueError, Outside):
        return ""


def _remove(lease: Lease, vanished: list[Known]) -> None:
    for start in range(0, len(vanished), NOTES_PER_TRANSACTION):
        with transaction.atomic():
            guard(lease)
            bury([row.pk for row in vanished[start : start + NOTES_PER_TRANSACTION]])


def _index(vault: Vault, lease: Lease, work: list[Work], zones: Zones) -> None:
    indexer = Indexer(vault, lease)
    for each in work:
        indexer.add(each, zones.of(each.file.path))
        if len(indexer.held) >= NOTES_PER_TRANSACTION or indexer.chars >= CHARS_PER_TRANSACTION:
            indexer.flush()
            progressed(lease)
    indexer.flush()


def _counts(vault: Vault) -> dict[str, int]:
    statuses = list(Note.objects.filter(vault=vault, deleted_at=None).values_list("status", flat=True))
    return {
        "total": len(statuses),
        **{status.value: statuses.count(status) for status in NoteStatus if status != NoteStatus.WAITING},
    }


@transaction.atomic
def _finish(vault: Vault, lease: Lease, started: datetime, report: SyncReport) -> SyncReport:
    guard(lease)
    vault.synced_at = started
    vault.stopped = report.stopped
    vault.vanish_accepted = vault.vanish_accepted and bool(report.stopped)
    vault.passage_total = Passage.objects.filter(note__vault=vault).count()
    vault.attempts = 0
    vault.save(
        update_fields=["synced_at", "stopped", "vanish_accepted", "passage_total", "attempts", "updated_at"]
    )
    kind = "vault.sync_stopped" if report.stopped else "vault.synced"
    record(SYSTEM, kind, vault, streams=[f"inbox:{vault.owner_id}"], data=asdict(report))
    return report
