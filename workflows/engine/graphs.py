"""Driving a graph under a lease."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl

from foundation.core.draining import on_drain
from foundation.core.leases import Lease, progressed
from workflows.engine.checkpoints import FencedSaver, store
from workflows.graphs import discussion, run
from workflows.graphs import task as task_graph
from workflows.graphs.state import Held

STEPS = 50
# A task's thread is kept when it is left before its end. Whatever its steps bring is on record by then (the call's memo, the
# result), so that going on from its beginning repeats nothing; the run's own rounds stand in its thread alone.
DURABILITY: dict[str, Any] = {"run": "sync", "task": "exit", "discussion": "sync"}
_GRAPHS = {"run": run.build, "task": task_graph.build, "discussion": discussion.build}
_controls: set[RunControl] = set()
_lock = threading.Lock()


@cache
def _compiled(kind: str) -> CompiledStateGraph:
    return _GRAPHS[kind]().compile()


class Driven:
    """One LangGraph thread, driven by the holder of `lease`, for the `attempts`-th time since it last moved on.

    `reached` says how far the work has come on record, where a step alone proves nothing because it may be one that is repeated.
    """

    def __init__(
        self, kind: str, thread: str, lease: Lease, *, attempts: int, reached: Callable[[], int] | None = None
    ) -> None:
        # Compiling costs more than a short task; the copy differs in its saver alone.
        self.graph = _compiled(kind).copy({"checkpointer": FencedSaver(store(), lease)})
        self.config: Any = {"configurable": {"thread_id": thread}, "recursion_limit": STEPS}
        self.durability = DURABILITY[kind]
        self.held = Held(lease)
        self._recovering = attempts > 1
        self._reached = reached
        self._begun_at = reached() if reached and self._recovering else 0

    def state(self) -> Any:
        return self.graph.get_state(self.config)

    @staticmethod
    def is_midway(state: Any) -> bool:
        """Whether something of what was given is left to do.

        A step whose process died between its writes and the next checkpoint is no longer `next`, and yet not behind us.
        """
        return bool(state.tasks)

    def go(self, given: Any) -> str:
        """Run to the next stop, or to the end, with `given` (state, Command or None); returns the name of the last step.

        Raises GraphDrained when the process is being stopped: the rest is done after the next start.
        """
        control = RunControl()
        with _lock:
            _controls.add(control)
        try:
            steps = self.graph.stream(
                given,
                self.config,
                context=self.held,
                durability=self.durability,
                stream_mode="updates",
                control=control,
            )
            last = ""
            for update in steps:
                last = next(iter(update), "")
                self._note_progress()
            return last
        finally:
            with _lock:
                _controls.discard(control)

    def _note_progress(self) -> None:
        if self._recovering and (self._reached is None or self._reached() > self._begun_at):
            progressed(self.held.lease)
            self._recovering = False


def drain() -> None:
    """Let every graph of this process stop at its next step."""
    with _lock:
        for control in _controls:
            control.request_drain("stopping")


on_drain(drain)
