"""The platform as it is, with a thread that commits an event to its person's inbox every so often and prints when it did.

Arguments are those of `manage.py up`. A line is `[number, the moment of the commit]`, as seconds since 1970.
"""

import json
import os
import sys
import threading
import time

from benchmarks.pace import PACE_SECONDS


def tell() -> None:
    from django.db import transaction

    from foundation.accounts.services import local_user
    from foundation.activity.services import append

    stream, number = f"inbox:{local_user().pk}", 0
    while True:
        time.sleep(PACE_SECONDS)
        number += 1
        at: list[float] = []
        event = {"type": "bench.told", "id": str(number), "object": {"kind": "bench", "id": str(number)}}
        with transaction.atomic():
            transaction.on_commit(lambda at=at: at.append(time.time()))  # type: ignore[misc] - before the hint is sent
            append(stream, event)
        print(json.dumps([number, at[0]]), flush=True)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from foundation.core import server

    ready = server._Running._listening

    def listening(running: server._Running) -> None:
        ready(running)
        threading.Thread(target=tell, daemon=True).start()

    server._Running._listening = listening  # type: ignore[method-assign]
    call_command("up", *sys.argv[1:])


if __name__ == "__main__":
    main()
