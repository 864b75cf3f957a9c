"""Does a provider answer, and what does it offer? Asked of the server itself; outcomes are kept with the credential."""

import asyncio
import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ai_integration import outbound, providers
from ai_integration.faults import OK, Fault, fault, sentence
from ai_integration.gateway import loop
from ai_integration.models import Credential
from ai_integration.providers import Connection, Reference
from ai_integration.selectors import connections_for, credential_get
from ai_integration.selectors.connections import as_connection
from ai_integration.services import credential_tested
from foundation.core import soft_cache
from foundation.core.actors import Actor
from foundation.core.errors import NotFound, Unavailable

TEST_SECONDS = 30
LIST_SECONDS = 4  # a page waits for it
LIST_FRESH_SECONDS = 60
FAILURE_FRESH_SECONDS = 30
MOST_MODELS = 1000


@dataclass(frozen=True)
class Proof:
    """How a test went. `models` is how many the server offers."""

    code: str
    detail: dict[str, Any] = field(default_factory=dict)
    latency_ms: int = 0
    models: int = 0

    @property
    def ok(self) -> bool:
        return self.code == OK

    @property
    def message(self) -> str:
        return sentence(self.code, self.detail)


@dataclass(frozen=True)
class Offer:
    """What one connection offers: references that a persona may name, or the sentence that says why there are none."""

    connection: Connection
    references: list[str]
    problem: str = ""


def prove(actor: Actor, provider: str, *, credential: Any = None, model: str = "") -> Proof:
    """Ask the provider for its models and, when one is named, that model for one word.

    `credential` is the id of one that the actor may see; without it, the way that their work takes. Raises NotFound.
    """
    if provider not in providers.MODULES:
        raise NotFound
    try:
        connection = _connection(actor, provider, credential)
    except Unavailable:
        return Proof("key_unreadable")
    if connection is None:
        return Proof("key_missing")
    loop.let_connection_go()
    proof = loop.run(_prove(connection, model))
    if connection.credential_id:
        kept = {"code": proof.code, "detail": proof.detail | {"latency_ms": proof.latency_ms}}
        secret = {"api_key": connection.api_key, "base_url": connection.base_url}
        credential_tested(actor, connection.credential_id, **kept, **secret)
    return proof


def offers(user: Any) -> list[Offer]:
    """What work of this person can choose from, besides the built-in secretary; lists are a minute old at most."""
    names = [each for each in providers.MODULES if each != "builtin"]
    ways: list[Connection] = []
    for name in names:
        try:
            ways += connections_for(user.pk, name)
        except Unavailable:
            continue  # the credential's own page says that its key cannot be decrypted
    known = soft_cache.get_many([_cache_key(each) for each in ways])
    asked = [each for each in ways if _cache_key(each) not in known]
    if asked:
        loop.let_connection_go()
        known |= _remember(asked, loop.run(_list_all(asked)))
    return [_offer(each, known[_cache_key(each)]) for each in ways]


def models_of(connection: Connection) -> list[str]:
    """What one connection offers now, in the provider's own names; empty while it does not answer."""
    loop.let_connection_go()
    found = loop.run(_listed(connection))
    return [] if isinstance(found, Fault) else found


def _connection(actor: Actor, provider: str, credential: Any) -> Connection | None:
    if credential is None:
        return next(iter(connections_for(actor.pk, provider)), None)
    seen = credential_get(actor, credential)
    if seen.provider != provider:
        raise NotFound
    return as_connection(Credential.objects.get(pk=seen.pk))


async def _prove(connection: Connection, model: str) -> Proof:
    started = time.monotonic()
    try:
        async with asyncio.timeout(TEST_SECONDS):
            names = await providers.list_models(connection)
            if model:
                await _one_word(connection, model)
    except Exception as error:  # noqa: BLE001 - every SDK has its own errors; none may carry a key further
        found = fault(error, place=_place(connection), model=model, provider=connection.provider)
        return Proof(found.code, found.detail, _since(started))
    return Proof(OK, {"place": _place(connection)}, _since(started), len(names))


async def _one_word(connection: Connection, model: str) -> None:
    chat = providers.build(Reference(connection.provider, model, connection.label), connection)
    if connection.provider != "builtin":
        await providers.capped(chat, connection.provider, 16).ainvoke(
            [{"role": "user", "content": "Say yes."}]
        )


async def _list_all(connections: Iterable[Connection]) -> list[list[str] | Fault]:
    return list(await asyncio.gather(*(_listed(each) for each in connections)))


async def _listed(connection: Connection) -> list[str] | Fault:
    try:
        async with asyncio.timeout(LIST_SECONDS):
            return (await providers.list_models(connection))[:MOST_MODELS]
    except Exception as error:  # noqa: BLE001 - as above
        return fault(error, place=_place(connection), provider=connection.provider)


def _remember(asked: list[Connection], found: list[list[str] | Fault]) -> dict[str, Any]:
    fresh: dict[str, Any] = {}
    for connection, each in zip(asked, found, strict=True):
        key = _cache_key(connection)
        fresh[key] = {"code": each.code, "detail": each.detail} if isinstance(each, Fault) else each
        soft_cache.keep(
            key, fresh[key], FAILURE_FRESH_SECONDS if isinstance(each, Fault) else LIST_FRESH_SECONDS
        )
    return fresh


def _offer(connection: Connection, found: Any) -> Offer:
    if isinstance(found, dict):
        return Offer(connection, [], sentence(found["code"], found["detail"]))
    head = f"{connection.provider}/{connection.label}" if connection.label else connection.provider
    return Offer(connection, [f"{head}:{name}" for name in found])


def _cache_key(connection: Connection) -> str:
    """Another key or address is another entry: no change leaves an old list behind."""
    told = repr((connection.provider, connection.source, connection.base_url, connection.api_key))
    return f"models:{hashlib.sha256(told.encode()).hexdigest()}"


def _place(connection: Connection) -> str:
    known = providers.spec(connection.provider)
    return outbound.place(connection.base_url or known.address) or str(known.name)


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
