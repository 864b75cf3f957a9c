"""Heads of the audit chain, kept outside the database: whoever rewrites the rows has to find these too.

One line per head in a file per month below `DATA_DIR/audit`. Copy them elsewhere for a stronger promise.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from foundation.activity.chain import Head


def folder() -> Path:
    return Path(settings.DATA_DIR) / "audit"


def export(head: Head) -> None:
    """Append `head`, on disk when this returns."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    line = json.dumps(
        {"epoch": head.epoch, "sequence": head.sequence, "hash": head.hash, "at": now.isoformat()}
    )
    target = os.open(folder() / f"heads-{now:%Y-%m}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(target, f"{line}\n".encode())
        os.fsync(target)
    finally:
        os.close(target)


def own() -> list[Path]:
    """The files this installation wrote, oldest first."""
    return sorted(folder().glob("heads-*.jsonl"))


def read(files: Iterable[Path]) -> Iterator[Head]:
    """Every head in `files`. A last line that a crash cut short is passed over. Raises OSError."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                said = json.loads(line)
                yield Head(str(said["epoch"]), int(said["sequence"]), str(said["hash"]))
            except (ValueError, KeyError, TypeError):
                continue
