"""What graphs remember: unreadable in the database, and never believed when it was changed there."""

from pathlib import Path
from typing import Any, TypedDict

import ormsgpack
import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from foundation.accounts.models import User
from foundation.accounts.services import keys_rotate
from foundation.core import crypto
from foundation.core.actors import SYSTEM
from foundation.core.errors import Unavailable
from tests.security import checkpoints as kept
from tests.workflows.driving import crank, decide, step
from workflows.engine import checkpoints
from workflows.engine.sealing import Poisoned, Sealed
from workflows.engine.shelf import CheckpointShelf
from workflows.services import workflow_create

CANARY = "CANARY-5d1f"
NUMBER = 8_675_309_424_242
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class State(TypedDict, total=False):
    word: str
    number: int
    share: float
    flag: bool
    nothing: None
    words: list[str]
    deep: dict[str, Any]


STATE: State = {
    "word": CANARY, "number": NUMBER, "share": 0.25, "flag": True, "nothing": None,
    "words": [CANARY], "deep": {"in": [{CANARY: NUMBER}]},
}  # fmt: skip


@pytest.fixture
def own_store(settings: Any, tmp_path: Path, transactional_db: None) -> Any:
    checkpoints.forget()
    settings.CHECKPOINT_DATABASE = tmp_path / "checkpoints.sqlite3"
    settings.CHECKPOINT_SCHEMA = f"kept_{tmp_path.name.lower()}"[:60]
    yield
    checkpoints.forget()
    if connection.vendor == "postgresql":
        kept.ask(f'DROP SCHEMA IF EXISTS "{settings.CHECKPOINT_SCHEMA}" CASCADE')


def graph(saver: Any = None) -> Any:
    """Remembers everything it is given, asks, and remembers the answer."""

    def ask(state: State) -> State:
        return {"word": interrupt({"about": CANARY})}

    built = StateGraph(State)
    built.add_node("keep", lambda state: {"words": [*state["words"], CANARY]})
    built.add_node("ask", ask)
    built.add_edge(START, "keep")
    built.add_edge("keep", "ask")
    built.add_edge("ask", END)
    return built.compile(checkpointer=saver or checkpoints.store().saver)


def config(thread: str = "one") -> Any:
    return {"configurable": {"thread_id": thread, "note": CANARY}, "metadata": {"who": CANARY}}


def remembered(thread: str = "one") -> Any:
    return graph().get_state(config(thread))


@pytest.fixture
def parked(own_store: None) -> Any:
    """A graph that waits for an answer, with a canary in every kind of value that state can hold."""
    graph().invoke(STATE, config(), durability="sync")
    return graph()


@pytest.mark.security("S15")
def test_nothing_of_it_stands_in_clear(parked: Any) -> None:
    dump = kept.dump()
    assert b"thread_id" in dump or b"one" in dump, "there is something to look at"
    for secret in (CANARY, str(NUMBER), "0.25"):
        assert secret.encode() not in dump
    packed = ormsgpack.packb(NUMBER)
    assert all(packed not in kept.plain(value) for row in kept.rows() for value in row if is_bytes(value))


def is_bytes(value: Any) -> bool:
    return isinstance(value, bytes | memoryview)


def test_a_reopened_store_reads_all_of_it_and_the_graph_goes_on(parked: Any) -> None:
    checkpoints.forget()
    state = remembered()
    assert state.values == STATE | {"words": [CANARY, CANARY]}
    assert state.metadata["step"] == 1
    assert [each.value for each in state.interrupts] == [{"about": CANARY}]
    ended = graph().invoke(Command(resume={state.interrupts[0].id: "answer"}), config(), durability="sync")
    assert ended["word"] == "answer"
    assert [each.metadata["step"] for each in checkpoints.store().saver.list(config())] == [2, 1, 0, -1]


@pytest.mark.security("S16")
def test_the_old_key_is_needed_no_longer_after_a_rotation(
    own_store: None, settings: Any, owner: User
) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    graph().invoke(STATE, config(), durability="sync")
    graph().invoke(STATE, config("two"), durability="sync")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    values = list(CheckpointShelf().tokens())
    assert len(values) > 10
    halfway = iter(values)
    for _ in range(len(values) // 2):
        key, token = next(halfway)
        assert CheckpointShelf().replace(key, old=token, new=crypto.encrypted_again(token))
    assert remembered().values == remembered("two").values, (
        "a rotation that was cut short leaves all readable"
    )
    call_command("rotate_keys")
    assert all(crypto.is_current(token) for _key, token in CheckpointShelf().tokens())
    settings.ENCRYPTION_KEYS = [NEW]
    assert remembered().values == remembered("two").values == STATE | {"words": [CANARY, CANARY]}
    assert remembered().interrupts[0].value == {"about": CANARY}
    assert keys_rotate(SYSTEM).rotated == 0


def test_what_was_written_meanwhile_is_not_put_back(parked: Any, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    key, token = next(CheckpointShelf().tokens())
    assert not CheckpointShelf().replace(key, old=f"{token}x", new="gone")
    assert remembered().values["word"] == CANARY


def test_more_values_than_one_batch_are_each_met_once(
    own_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.engine.shelf.BATCH", 3)
    for number in range(5):
        graph().invoke(STATE, config(f"t{number}"), durability="sync")
    met = [(column.name, column.table, *key) for (column, *key), _token in CheckpointShelf().tokens()]
    monkeypatch.setattr("workflows.engine.shelf.BATCH", 10_000)
    assert len(met) == len(set(met)) == len(list(CheckpointShelf().tokens())) > 30


def test_without_the_key_it_says_so(parked: Any, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(Unavailable) as refused:
        remembered()
    assert refused.value.code == "key_missing"


class Bomb:
    """What must never be built."""

    went_off = False

    def __init__(self, *_: Any, **__: Any) -> None:
        type(self).went_off = True


def ext(code: int, *parts: Any) -> bytes:
    return ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(list(parts))))


POISON = {
    "a constructor with one argument": ext(0, __name__, "Bomb", "x"),
    "a constructor with arguments": ext(1, __name__, "Bomb", ["x"]),
    "a constructor with names": ext(2, __name__, "Bomb", {"x": 1}),
    "a method": ext(3, __name__, "Bomb", "x", "__init__"),
    "a model": ext(5, __name__, "Bomb", {"x": 1}, "model_construct"),
    "a command of LangGraph's own": JsonPlusSerializer().dumps_typed(Command(goto="anywhere"))[1],
    "an interrupt around it": ext(2, "langgraph.types", "Interrupt", {"value": ormsgpack.Ext(2, b"\x93")}),
    "no msgpack at all": b"\xc1",
}


@pytest.mark.security("S19")
@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_no_unlisted_type_is_built_even_under_the_right_key(poison: bytes) -> None:
    with pytest.raises(Poisoned):
        Sealed().loads_typed(("msgpack+sealed", crypto.cipher().encrypt(poison)))
    assert not Bomb.went_off


@pytest.mark.security("S19")
@pytest.mark.parametrize(
    "kind", ["msgpack", "json", "pickle", "bytes", "null", "msgpack+fernet", "json+sealed"]
)
def test_nothing_unsealed_is_read(parked: Any, kind: str) -> None:
    kept.put("one", kind, POISON["a constructor with one argument"])
    with pytest.raises(Poisoned):
        remembered()
    assert not Bomb.went_off


@pytest.mark.security("S19")
def test_what_stands_beside_it_in_clear_is_refused(parked: Any) -> None:
    """Metadata, and single values where the saver writes them without its serializer."""
    forged = {"metadata": '{"source": "input", "step": 7}'}
    if connection.vendor == "postgresql":
        forged["checkpoint"] = (
            "jsonb_set(checkpoint, '{channel_values,word}', '\"forged\"')"  # added, beside what is sealed
        )
    for column, value in reversed(forged.items()):
        given = value if column == "checkpoint" else f"'{value}'"
        kept.ask(f"UPDATE {kept.name('checkpoints')} SET {column} = {given}")
        with pytest.raises(Poisoned):
            remembered()


@pytest.mark.security("S19")
def test_a_run_with_a_poisoned_checkpoint_ends_with_that_reason(own_store: None, owner: User) -> None:
    workflow = step(workflow_create(owner, requirement="社内研修を調べてください。"))
    assert workflow.status == "awaiting_approval"
    kept.put(f"run:{workflow.pk}", "msgpack", POISON["a constructor with one argument"])
    decide(workflow)
    ended = crank(workflow)
    assert (ended.status, ended.reason) == ("failed", str(Poisoned.message))
    assert not ended.tasks.exists()
    assert not Bomb.went_off
