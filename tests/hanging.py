"""Processes like workers that wait for a server of tools: python -m tests.hanging command …

For each line of input, `start` or `call`, another process is forked, which says its number once its server hangs, in its
start or in a call. Every server has left a helper behind by then.
"""

import os
import signal
import sys
from uuid import uuid4

import django


def main(command: list[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if hasattr(os, "fork") and os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            hang(line.strip(), command)


def hang(kind: str, command: list[str]) -> None:
    from ai_integration.gateway import loop
    from ai_integration.mcp import manager
    from ai_integration.mcp.targets import Target

    environment = {"EFFECT_LOG": os.devnull} | ({"NEVER_ANSWERS": "1"} if kind == "start" else {})
    target = Target(uuid4(), "x", "stdio", tuple(command), environment)
    if kind == "call":
        loop.run(manager.call(target, "leave", {}, digest="", fresh=30))
    print(os.getpid(), flush=True)
    loop.run(manager.call(target, "hang", {}, digest="", fresh=30))


if __name__ == "__main__":
    main(sys.argv[1:])
