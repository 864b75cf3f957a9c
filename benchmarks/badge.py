"""What the number beside “Waiting for you”, which every page shows, costs when 10,000 requests are pending.

In process, SQLite and PostgreSQL, beside counting the whole inbox. `python -m benchmarks.badge [requests] [database URL]`
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from benchmarks.databases import own_database

MANY, ROUNDS = 10_000, 15
URLS = ("", "postgres://postgres@127.0.0.1:5432/postgres")


def main() -> None:
    many = sys.argv[1] if len(sys.argv) > 1 else str(MANY)
    for url in sys.argv[2:] or URLS:
        with own_database(url) as database, tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder:
            if database is None:
                print("PostgreSQL does not answer here; it was not measured.")
                continue
            print(f"{'PostgreSQL' if url else 'SQLite'}, {many} pending requests", flush=True)
            environment = os.environ | {"DATA_DIR": folder, "DATABASE_URL": database, "REDIS_URL": ""}
            environment |= {"LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "config.settings"}
            command = [sys.executable, "-m", "benchmarks.badge", "--inside", many]
            subprocess.run(command, env=environment, check=True)


def inside(many: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from foundation.accounts.models import User
    from plans.selectors import waiting
    from plans.tally import waiting_count

    call_command("migrate", verbosity=0, skip_checks=True)
    people = _fill(many)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its autovacuum does within a minute
    for who, pk in people.items():
        ways = {"badge": lambda user: waiting_count(user, 100), "whole": lambda user: waiting(user).count()}
        told = [f"{name} {_took(way, User, pk)}" for name, way in ways.items()]
        print(f"  {who:38} {'   '.join(told)}", flush=True)


def _fill(many: int) -> dict[str, Any]:
    """Those whom the requests ask in different ways."""
    from benchmarks.desk import _fill as fill
    from foundation.accounts.models import Role, User
    from foundation.accounts.services import roles_seed
    from plans.models import ApprovalRequest, Seat, Vote

    roles_seed()
    people = {
        name: User.objects.create_user(name, password=None)
        for name in ("named", "role", "voted", "nobody", "owner")
    }
    for name, person in people.items():
        person.groups.add(Role.objects.get(name="approver" if name == "role" else "member").group)
    fill(people["named"], many)  # owned by, and with a seat for, the same person
    rows = list(ApprovalRequest.objects.all())
    Seat.objects.bulk_create([Seat(request=row, step=0, user=people["voted"]) for row in rows], 500)
    Seat.objects.bulk_create(
        [Seat(request=row, step=0, role=Role.objects.get(name="approver")) for row in rows[:1000]], 500
    )
    votes = [
        Vote(request=row, user=people["voted"], user_name="x", decision="approve", content_hash="a" * 64)
        for row in rows
    ]
    Vote.objects.bulk_create(votes, 500)
    loose = [
        ApprovalRequest(
            owner=people["owner"], kind="question", title="?", subject_id=row.pk, content_hash="a"
        )
        for row in rows
    ]
    ApprovalRequest.objects.bulk_create(loose, 500)
    words = (
        "a seat by name in each",
        "by role in 1,000",
        "in each, and has decided on all",
        "nothing is theirs",
        "owns as many without seats",
    )
    return {word: person.pk for word, person in zip(words, people.values(), strict=True)}


def _took(way: Callable[[Any], int], people: Any, pk: Any) -> str:
    times, found = [], 0
    for _ in range(ROUNDS):
        user = people.objects.get(pk=pk)
        began = time.perf_counter()
        found = way(user)
        times.append(1000 * (time.perf_counter() - began))
    return f"{found}: {statistics.median(times):.1f} ms ({min(times):.1f})"


if __name__ == "__main__":
    inside(int(sys.argv[2])) if sys.argv[1:2] == ["--inside"] else main()
