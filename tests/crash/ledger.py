"""What the database says, read from outside, and what it may never say."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

# The sample that a first start delegates waits for a person; what the tests delegate waits for nobody.
OURS = "auto_approve = 1"
UNFINISHED = f"{OURS} AND status NOT IN ('completed', 'completed_with_gaps', 'failed', 'cancelled', 'draft')"


class Ledger:
    """The database of a killed server. `remember()` after each kill: what was finished then must still stand later."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._finished: dict[str, tuple[Any, ...]] = {}
        self._results: set[tuple[Any, ...]] = set()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=20)) as opened:
            return opened.execute(query, values).fetchall()

    def unfinished(self) -> int:
        return self.rows(f"SELECT count(*) FROM workflows_workflow WHERE {UNFINISHED}")[0][0]

    def under_way(self) -> dict[str, int]:
        return dict(
            self.rows(f"SELECT status, count(*) FROM workflows_workflow WHERE {UNFINISHED} GROUP BY status")
        )

    def statuses(self) -> dict[str, int]:
        return dict(
            self.rows(f"SELECT status, count(*) FROM workflows_workflow WHERE {OURS} GROUP BY status")
        )

    def calls(self) -> tuple[int, int]:
        """How many calls there are, and how many of their attempts were lost with a server."""
        return self.rows("SELECT count(*), sum(attempts) - count(*) FROM ai_integration_callrecord")[0]

    def remember(self) -> list[str]:
        """Broken promises since the last time: a finished call made again or changed, a result that is gone."""
        found = []
        query = "SELECT key, attempts, answer FROM ai_integration_callrecord WHERE status = 'finished'"
        now = {key: rest for key, *rest in self.rows(query)}
        found += [
            f"finished call changed: {key}" for key, was in self._finished.items() if now.get(key) != was
        ]
        results = set(self.rows("SELECT task_id, revision, body FROM workflows_taskresult"))
        found += [f"result gone: {row[:2]}" for row in self._results - results]
        self._finished, self._results = now, results
        return found

    def audit(self, accepted: list[str], requests: Path) -> list[str]:
        return [
            *self._whole(),
            *self._accepted(accepted),
            *self._streams(),
            *self._twice(requests),
            *self._tasks(),
        ]

    def _whole(self) -> Iterator[str]:
        for database in (self.database, self.database.with_name("checkpoints.sqlite3")):
            with closing(sqlite3.connect(database)) as opened:
                verdict = opened.execute("PRAGMA integrity_check").fetchone()[0]
                broken = opened.execute("PRAGMA foreign_key_check").fetchall()
            if verdict != "ok" or broken:
                yield f"{database.name}: {verdict} {broken}"

    def _accepted(self, accepted: list[str]) -> Iterator[str]:
        known = {row[0] for row in self.rows("SELECT id FROM workflows_workflow")}
        yield from (f"accepted and lost: {each}" for each in accepted if each.replace("-", "") not in known)
        for pk, status, reason in self.rows(
            f"SELECT id, status, reason FROM workflows_workflow WHERE {OURS}"
        ):
            if not status.startswith("completed"):
                yield f"{pk} ended as {status}: {reason}"
        if left := self.rows("SELECT count(*) FROM workflows_task WHERE lease_expires_at IS NOT NULL")[0][0]:
            yield f"{left} leases were left behind"

    def _streams(self) -> Iterator[str]:
        query = "SELECT stream, count(*), min(seq), max(seq) FROM activity_event GROUP BY stream"
        last = dict(self.rows("SELECT name, last_seq FROM activity_stream"))
        for stream, count, first, highest in self.rows(query):
            if (first, highest, last[stream]) != (1, count, count):
                yield f"stream {stream} has gaps: {count} events, {first} to {highest}, {last[stream]} given out"
        moves = "SELECT count(*) FROM {} WHERE {} = 'task.status_changed'"
        events = self.rows(moves.format("activity_event", "type"))
        audited = self.rows(moves.format("activity_auditentry", "action"))
        if events != audited:
            yield f"{events} moves in the streams, {audited} in the audit"

    def _twice(self, requests: Path) -> Iterator[str]:
        """Every request that the provider saw belongs to an attempt on record."""
        seen: Counter[tuple[str, str, str]] = Counter()
        for line in requests.read_text().splitlines():
            name = json.loads(line)
            seen[name["requirement"], name["job"], name["key"]] += 1
        query = """
            SELECT w.requirement, c.job, coalesce(t.key, ''), sum(c.attempts) FROM ai_integration_callrecord c
            JOIN workflows_workflow w ON w.id = c.subject_id
            LEFT JOIN workflows_task t ON c.job = 'work' AND replace(substr(c.key, 6, 36), '-', '') = t.id
            GROUP BY 1, 2, 3
        """
        allowed = {(text[:80], job, key): number for text, job, key, number in self.rows(query)}
        for name, count in seen.items():
            if count > allowed.get(name, 0):
                yield f"{name} was asked {count} times, {allowed.get(name, 0)} on record"

    def _tasks(self) -> Iterator[str]:
        query = """
            SELECT t.id, t.status, t.revision, count(r.id) FROM workflows_task t
            LEFT JOIN workflows_taskresult r ON r.task_id = t.id GROUP BY t.id
        """
        for pk, status, revision, results in self.rows(query):
            if (status, results) != ("done", revision + 1):
                yield f"task {pk} is {status} at revision {revision} with {results} results"

    def compare_vault(self, before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
        """One note per finished run, word for word; every other byte as it was."""
        notes = dict(self.rows("SELECT note_path, markdown FROM workflows_report"))
        reports = self.rows("SELECT count(*) FROM workflows_report")[0][0]
        if reports != len(notes):
            yield f"{reports} reports share {len(notes)} notes"
        expected = before | {path: text.encode() for path, text in notes.items()}
        for path in sorted(expected.keys() | after.keys()):
            if expected.get(path) != after.get(path):
                yield f"the vault's {path} is not as it should be"
