"""Windows is a first-class platform: what only Unix has stands behind a guard."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import imported, last_name, modules, name, tracked, tree

UNIX_MODULES = {
    "crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog",
    "termios", "tty",
}  # fmt: skip
UNIX_ATTRIBUTES = {
    "os": {
        "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "WNOHANG", "chown", "chroot", "fchmod", "fchown",
        "fork", "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp",
        "getpriority", "getsid", "getuid", "initgroups", "killpg", "lchown", "mkfifo", "mknod", "nice", "openpty",
        "posix_fallocate", "pread", "pwrite", "sched_getaffinity", "sched_setaffinity", "setegid", "seteuid", "setgid",
        "setpgid", "setpriority", "setsid", "setuid", "statvfs", "sysconf", "uname", "wait3", "wait4", "waitid",
    },
    "signal": {
        "ITIMER_REAL", "SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP",
        "SIGUSR1", "SIGUSR2", "alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer", "sigwait",
    },
    "time": {"tzset", "clock_settime"},
    "socket": {"AF_UNIX", "socketpair_unix"},
    "asyncio": {"open_unix_connection", "start_unix_server"},
    "multiprocessing": {"forkserver"},
}  # fmt: skip
UNIX_METHODS = {"add_signal_handler", "remove_signal_handler", "create_unix_server", "create_unix_connection"}
GUARDING_WORDS = {
    "os.name",
    "sys.platform",
    "platform.system",
    "hasattr",
    "WINDOWS",
    "POSIX",
    "fcntl",
    "msvcrt",
    "resource",
}
GUARDING_ERRORS = {"ImportError", "ModuleNotFoundError", "AttributeError", "NotImplementedError"}


def unix_only(node: ast.AST) -> str:
    """What `node` needs that Windows lacks, or an empty string."""
    for target in imported(node):
        if target.partition(".")[0] in UNIX_MODULES:
            return target
        module, _, attribute = target.rpartition(".")
        if attribute in UNIX_ATTRIBUTES.get(module, ()):
            return target
    unix_here = UNIX_METHODS | UNIX_ATTRIBUTES.get(last_name(getattr(node, "value", node)), set())
    if isinstance(node, ast.Attribute) and node.attr in unix_here:
        return ast.unparse(node)
    if isinstance(node, ast.keyword) and node.arg == "preexec_fn":
        return "preexec_fn"
    return ""


def guards(parent: ast.AST, child: ast.AST) -> bool:
    """Whether `parent` runs `child` only where the platform was asked first, or survives its absence."""
    if isinstance(parent, ast.If | ast.IfExp | ast.BoolOp):
        question = parent.values[0] if isinstance(parent, ast.BoolOp) else parent.test
        return child is not question and any(word in ast.unparse(question) for word in GUARDING_WORDS)
    if isinstance(parent, ast.Try) and child in parent.body:
        caught = [ast.unparse(handler.type) if handler.type else "" for handler in parent.handlers]
        return any(error in each for each in caught for error in GUARDING_ERRORS)
    if isinstance(parent, ast.With) and child in parent.body:
        return any(error in ast.unparse(item) for item in parent.items for error in GUARDING_ERRORS)
    return leaves_early(parent, child)


def leaves_early(parent: ast.AST, child: ast.AST) -> bool:
    """`if os.name == "nt": return` above `child` in the same block guards it too."""
    body = getattr(parent, "body", None)
    if not isinstance(body, list) or child not in body:
        return False
    above = [node for node in body[: body.index(child)] if isinstance(node, ast.If)]
    return any(
        isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue)
        and any(word in ast.unparse(node.test) for word in GUARDING_WORDS)
        for node in above
    )


def unguarded(source: ast.AST) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []

    def visit(node: ast.AST, guarded: bool) -> None:
        what = unix_only(node)
        if what and not guarded:
            found.append((node.lineno, what))
        for child in ast.iter_child_nodes(node):
            visit(child, guarded or guards(node, child))

    visit(source, False)
    return found


def test_nothing_that_only_unix_has_is_used_without_a_guard() -> None:
    found = [f"{name(path)}:{line} {what}" for path in modules() for line, what in unguarded(tree(path))]
    assert not found


@pytest.mark.parametrize(
    "code",
    [
        "import fcntl",
        "from os import fork",
        "import os\nos.setsid()",
        "import signal\nsignal.signal(signal.SIGHUP, print)",
        "loop.add_signal_handler(15, stop)",
        "subprocess.Popen(['x'], preexec_fn=print)",
        "try:\n    import pwd\nexcept ValueError:\n    pass",
        "if os.getuid() == 0 and os.name == 'posix':\n    pass",
    ],
)
def test_the_rule_sees(code: str) -> None:
    assert unguarded(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import fcntl\nexcept ImportError:\n    fcntl = None",
        "if os.name != 'nt':\n    os.setsid()",
        "x = os.getuid() if hasattr(os, 'getuid') else 0",
        "import signal\nx = getattr(signal, 'SIGHUP', None)",
        "def f():\n    if sys.platform == 'win32':\n        return\n    os.fork()",
        "with suppress(NotImplementedError):\n    loop.add_signal_handler(15, stop)",
        "if os.name == 'posix' and os.getuid() == 0:\n    pass",
    ],
)
def test_the_rule_accepts(code: str) -> None:
    assert not unguarded(ast.parse(code))


def test_paths_of_this_repository_are_legal_on_windows() -> None:
    reserved = {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"com{n}" for n in range(1, 10)),
        *(f"lpt{n}" for n in range(1, 10)),
    }
    bad = [name(path) for path in tracked() if not legal(Path(name(path)), reserved)]
    assert not bad
    names = [name(path).casefold() for path in tracked()]
    assert len(names) == len(set(names))


def legal(path: Path, reserved: set[str]) -> bool:
    plain = not any(set(part) & set('<>:"|?*\\') or part.endswith((" ", ".")) for part in path.parts)
    return plain and not {part.partition(".")[0].lower() for part in path.parts} & reserved
