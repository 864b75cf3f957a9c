"""Which note a link leads to, as Obsidian finds it: case and composition do not count."""

import posixpath
from collections import defaultdict
from pathlib import PurePosixPath
from uuid import UUID

from django.db import transaction

from foundation.core.leases import Lease, guard
from knowledge.files.names import path_key
from knowledge.models import Link, Note, Vault

_UPDATED_AT_ONCE = 500


class Targets:
    """The live notes of a vault, ready to be looked up by what links say."""

    def __init__(self, notes: list[tuple[UUID, str]]) -> None:
        self.by_path: dict[str, UUID] = {}
        self.by_name: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
        for pk, key in sorted(notes, key=lambda note: note[1]):
            self.by_path.setdefault(key, pk)
            self.by_name[posixpath.basename(key)].append((key, pk))

    def find(self, target: str, source: str) -> UUID | None:
        """The note for `target` in the note at `source` (both path keys): exact path, same folder, shortest path."""
        if not target:
            return self.by_path.get(source)
        folder = posixpath.dirname(source)
        return next((found for name in _spellings(target) if (found := self._find(name, folder))), None)

    def _find(self, name: str, folder: str) -> UUID | None:
        near = posixpath.normpath(posixpath.join(folder, name))
        found = self.by_path.get(name.lstrip("/")) or self.by_path.get(near)
        if found or name.startswith(("/", "./", "../")):
            return found
        ends = [
            (key, pk) for key, pk in self.by_name[posixpath.basename(name)] if f"/{key}".endswith(f"/{name}")
        ]
        return min(ends, key=lambda end: (len(end[0]), end[0]))[1] if ends else None


def _spellings(target: str) -> list[str]:
    """`Note.md.md` and `007.jpg.md` exist, so the suffix is tried added first."""
    return [f"{target}.md", target] if PurePosixPath(target).suffix == ".md" else [f"{target}.md"]


def resolve_links(vault: Vault, lease: Lease, *, everything: bool) -> None:
    """Point the vault's links at their notes: all of them, or only those that lead nowhere yet."""
    live = Note.objects.filter(vault=vault, deleted_at=None)
    targets = Targets(list(live.values_list("pk", "path_key")))
    links = (
        Link.objects.filter(note__vault=vault)
        .select_related("note")
        .only("id", "target", "resolved", "note__path_key")
    )
    if not everything:
        links = links.filter(resolved=None)
    changed = []
    for link in links.iterator():
        found = targets.find(path_key(link.target), link.note.path_key)
        if found != link.resolved_id:
            link.resolved_id = found
            changed.append(link)
    for start in range(0, len(changed), _UPDATED_AT_ONCE):
        with transaction.atomic():
            guard(lease)
            Link.objects.bulk_update(changed[start : start + _UPDATED_AT_ONCE], ["resolved"])
