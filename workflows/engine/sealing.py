"""What graphs remember, encrypted: LangGraph's own encryption leaves single values and metadata in clear.

Nothing is read that was not sealed here, and of what was sealed only the few types that graphs store: whoever can write
to the database can neither read what a graph knows nor have it build an object.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import ormsgpack
from django.utils.translation import gettext_lazy as _
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple, get_checkpoint_metadata
from langgraph.checkpoint.serde.jsonplus import EXT_CONSTRUCTOR_KW_ARGS, JsonPlusSerializer
from langgraph.types import Interrupt

from foundation.core import crypto
from foundation.core.errors import DomainError
from workflows.engine.shelf import SEALED

MARK = "+sealed"
INLINE = (str, int, float, bool, type(None))
"""What the PostgreSQL saver does not hand to the serializer."""


class Poisoned(DomainError):
    code = "checkpoint_refused"
    message = _("What the graph had remembered was changed from outside, and is not used.")


class Sealed:
    """LangGraph's serializer behind the cipher of every other secret. Raises Poisoned, or Unavailable without the key."""

    def __init__(self) -> None:
        self._plain = JsonPlusSerializer(allowed_msgpack_modules=None, __unpack_ext_hook__=_listed)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, data = self._plain.dumps_typed(obj)
        return kind + MARK, crypto.cipher().encrypt(data)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, token = data
        if kind not in ("msgpack" + MARK, "null" + MARK):
            raise Poisoned
        opened = crypto.opened(bytes(token))
        try:
            return self._plain.loads_typed((kind.removesuffix(MARK), opened))
        except ValueError as error:
            raise Poisoned from error


def _listed(code: int, data: bytes) -> Interrupt:
    """An interrupt, the one object that our graphs leave in a checkpoint."""
    found = ormsgpack.unpackb(data, ext_hook=_listed) if code == EXT_CONSTRUCTOR_KW_ARGS else [""]
    if found[:2] != ["langgraph.types", "Interrupt"]:
        raise Poisoned
    return Interrupt(**found[2])


class SealedSaver(BaseCheckpointSaver):
    """`inner`, and nothing of it in clear but ids, versions and the names of nodes and channels.

    `inline` says that `inner` writes single values without asking its serializer.
    """

    def __init__(self, inner: BaseCheckpointSaver, *, inline: bool) -> None:
        super().__init__(serde=inner.serde)
        self.inner = inner
        self.inline = inline

    def get_tuple(self, config: Any) -> CheckpointTuple | None:
        found = self.inner.get_tuple(config)
        return found and self._opened(found)

    def list(self, config: Any, **kwargs: Any) -> Iterator[CheckpointTuple]:
        return map(self._opened, self.inner.list(config, **kwargs))

    def get_next_version(self, current: Any, channel: Any) -> Any:
        return self.inner.get_next_version(current, channel)

    def put(self, config: Any, checkpoint: Any, metadata: Any, new_versions: Any) -> Any:
        given = config["configurable"]
        names = {
            name: given[name] for name in ("thread_id", "checkpoint_ns", "checkpoint_id") if name in given
        }
        about = {SEALED: self._seal(get_checkpoint_metadata(config, metadata))}
        if self.inline:
            checkpoint = {**checkpoint, "channel_values": self._sealed(checkpoint["channel_values"])}
        return self.inner.put({"configurable": names}, checkpoint, about, new_versions)

    def put_writes(self, config: Any, writes: Sequence[Any], task_id: str, task_path: str = "") -> None:
        self.inner.put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        self.inner.delete_thread(thread_id)

    def _seal(self, values: Any) -> str:
        return self.serde.dumps_typed(dict(values))[1].decode()

    def _open(self, token: Any) -> dict[str, Any]:
        if not isinstance(token, str):
            raise Poisoned
        return self.serde.loads_typed(("msgpack" + MARK, token.encode()))

    def _sealed(self, values: dict[str, Any]) -> dict[str, Any]:
        single = {name: value for name, value in values.items() if isinstance(value, INLINE)}
        rest = {name: value for name, value in values.items() if name not in single}
        return rest | {SEALED: self._seal(single)}

    def _opened(self, found: CheckpointTuple) -> CheckpointTuple:
        checkpoint = found.checkpoint
        if self.inline:
            values = dict(checkpoint["channel_values"])
            single = self._open(values.pop(SEALED, None))
            if any(isinstance(value, INLINE) for value in values.values()):
                raise Poisoned
            checkpoint = {**checkpoint, "channel_values": values | single}
        about: Any = self._open(found.metadata.get(SEALED))
        return found._replace(checkpoint=checkpoint, metadata=about)
