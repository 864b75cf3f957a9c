"""A process that is killed with SIGKILL before each of its steps in turn, and must be whole after the next call.

A step is a call of the operating system that changes files, or a statement to the database. Run by the tests as
`python -m tests.knowledge.crash SCENARIO VAULT OWNER` over the test's database; prints the number of steps.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = ("mkdir", "open", "fsync", "link", "unlink", "write")
_MOST_STEPS = 400


def database_url() -> str:
    """The URL of the database that the current test uses."""
    from django.db import connection

    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    person = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    return f"postgres://{person}@{facts['HOST']}:{facts['PORT']}/{facts['NAME']}"


def _die_before(step: int) -> None:
    """Kill this process before its step number `step`."""
    from django.db import connection

    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            count()
            return real(*args, **kwargs)

        return call

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count()
        return execute(sql, params, many, context)

    for name in _CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    connection.execute_wrappers.append(statement)


def _survives(step: int, work: Callable[[], Any]) -> bool:
    """Do `work` in a child that dies before `step`; whether it came to its end first."""
    from django.db import connection

    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    child = os.fork()
    if child == 0:
        try:
            _die_before(step)
            work()
        except BaseException as error:  # noqa: BLE001 - a child must never return into the caller's loop
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def _tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def note_create(vault: Any, owner: Any) -> int:
    from knowledge import services
    from knowledge.models import NoteWrite

    root = Path(vault.path)
    body = "# 報告\n" + "本文。" * 5000 + "\n"
    for step in range(_MOST_STEPS):
        before = _tree(root)
        call = {"title": f"報告 {step}", "markdown": body + str(step), "unique_key": f"key-{step}"}
        ended = _survives(step, lambda call=call: services.note_create(owner, vault, **call))
        services.note_create(owner, vault, **call)
        name = f"AI秘書/報告 {step}.md"
        assert _tree(root) == before | {name: (body + str(step)).encode()}, (
            step,
            _tree(root).keys() - before.keys(),
        )
        assert NoteWrite.objects.get(unique_key=f"key-{step}").status == "written"
        if ended:
            return step
    raise AssertionError("it never came to an end")


def note_create_without_links(vault: Any, owner: Any) -> int:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError(1, "no hard links here")

    os.link = refuse
    return note_create(vault, owner)


def vault_sync(vault: Any, _owner: Any) -> int:
    from knowledge import services
    from knowledge.models import Link, Note, Passage, Vault

    steps = 0
    for step in range(0, _MOST_STEPS * 10, 11):
        Note.objects.all().delete()
        ended = _survives(step, lambda: services.vault_sync(vault))
        Vault.objects.update(lease_expires_at=None)  # time passes: the dead worker's lease runs out
        services.vault_sync(vault)
        assert Note.objects.filter(status="indexed", deleted_at=None).count() == Note.objects.count() == 24
        assert Passage.objects.count() == 24 * 2
        assert Link.objects.exclude(resolved=None).count() == 24
        steps = step
        if ended:
            return steps
    raise AssertionError("it never came to an end")


def main() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    django.setup()
    from django.contrib.auth import get_user_model

    from foundation.core import queue
    from knowledge.models import Vault

    queue._publish = lambda name, args: None  # no worker here; a step must be one of ours
    scenario, vault, owner = sys.argv[1:]
    print(globals()[scenario](Vault.objects.get(pk=vault), get_user_model().objects.get(pk=owner)))


if __name__ == "__main__":
    main()
