"""Holding the tokens of one sign-in while a session lives: a new one before the old one ends, and an end that is final."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from ai_integration.mcp.faults import SIGN_IN_AGAIN, SIGN_IN_MORE, Fault
from ai_integration.mcp.signing import flow
from ai_integration.outbound import place
from ai_integration.selectors import Held, sign_in_held
from ai_integration.services import refresh_claim, refresh_done, sign_in_end, sign_in_want
from foundation.core.errors import Unavailable
from foundation.core.forks import after_fork

EARLY_SECONDS = (
    10.0  # so much before its end a token counts as ended, or a fifth of its life, whichever is less
)
PAUSE_SECONDS = 30.0  # an authorization server that does not answer is left alone for so long
LOOK_SECONDS = 0.2


class Holder:
    """`Bearer` (see `ai_integration.mcp.signing.bearing`) over what is stored. Lives on the gateway's loop alone."""

    def __init__(self, server_id: UUID, url: str, grant: UUID) -> None:
        self._server_id, self._url, self.grant = server_id, url, grant
        self._turn = asyncio.Lock()
        self._access = ""
        self._until: datetime | None = None
        self._secrets: set[str] = set()
        self._not_before = 0.0
        self._last: Fault | None = None

    @property
    def held(self) -> list[str]:
        return list(self._secrets)

    async def access(self, stale: str = "") -> str:
        async with self._turn:
            if not self._good(self._access, self._until, stale):
                await self._renew(stale)
            return self._access

    async def give_up(self, stale: str) -> Fault:
        async with self._turn:
            await self._end()
            return Fault(SIGN_IN_AGAIN)

    async def want(self, scope: str) -> Fault:
        await _stored(sign_in_want, self._server_id, self.grant, scope)
        return Fault(SIGN_IN_MORE, {"scope": scope})

    def _good(self, access: str, until: datetime | None, stale: str) -> bool:
        return bool(access) and access != stale and (until is None or until > timezone.now())

    async def _renew(self, stale: str) -> None:
        """Another process may be refreshing, or have done so: what is stored is looked at until there is a good token."""
        last = time.monotonic() + settings.MCP_CONNECT_SECONDS
        while time.monotonic() < last:
            held = await self._stored()
            self._take(held.tokens, held.expires_at)
            if self._good(self._access, self._until, stale):
                return None
            if not held.tokens["refresh"]:
                await self._end()
                raise Fault(SIGN_IN_AGAIN)
            if await _stored(refresh_claim, self._server_id, self.grant):
                return await self._refresh(held)
            await asyncio.sleep(LOOK_SECONDS)
        raise Fault("sign_in_away", {"place": place(self._url)})

    async def _stored(self) -> Held:
        try:
            held = await _stored(sign_in_held, self._server_id)
        except Unavailable as error:
            raise Fault("secret_unreadable") from error
        if held is None or held.grant != self.grant or not held.tokens:
            raise Fault(SIGN_IN_AGAIN)
        return held

    async def _refresh(self, held: Held) -> None:
        tokens: dict[str, str] | None = None
        try:
            self._wait_or_refuse()
            given = await self._asked(held)
            tokens = held.tokens | {"access": given.access, "refresh": given.refresh}
        finally:
            until = ends_at(given.seconds) if tokens else None
            await _stored(refresh_done, self._server_id, self.grant, tokens=tokens, expires_at=until)
        self._take(tokens, until)

    async def _asked(self, held: Held) -> flow.Tokens:
        client, tokens = flow.OAuthClient(**held.client), held.tokens
        try:
            return await flow.refresh(
                self._url,
                tokens["endpoint"],
                client,
                token=tokens["refresh"],
                resource=tokens["resource"],
            )
        except flow.Refused as error:
            await self._end()
            raise Fault(SIGN_IN_AGAIN) from error
        except Fault as fault:
            self._last, self._not_before = fault, time.monotonic() + PAUSE_SECONDS
            raise

    def _wait_or_refuse(self) -> None:
        if self._last and time.monotonic() < self._not_before:
            raise self._last

    def _take(self, tokens: dict[str, str], until: datetime | None) -> None:
        self._access, self._until = tokens["access"], until
        self._secrets |= {tokens["access"], tokens["refresh"]} - {""}

    async def _end(self) -> None:
        self._access = ""
        await _stored(sign_in_end, self._server_id, self.grant)


_holders: dict[UUID, Holder] = {}


def holder(server_id: UUID, url: str, grant: UUID) -> Holder:
    """This process' holder: one for all sessions of a sign-in, so that what failed is remembered."""
    known = _holders.get(server_id)
    if known is None or known.grant != grant:
        known = _holders[server_id] = Holder(server_id, url, grant)
    return known


def forget(server_id: UUID) -> None:
    """Hold the tokens of this server no longer."""
    _holders.pop(server_id, None)


def _another_process() -> None:
    _holders.clear()


after_fork(_another_process)


def ends_at(seconds: int | None) -> datetime | None:
    """When a token that lasts so long is no longer used."""
    if seconds is None:
        return None
    return timezone.now() + timedelta(seconds=seconds - min(EARLY_SECONDS, seconds / 5))


async def _stored(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`work` on the database, off the loop; a pooled connection goes back at once."""
    return await asyncio.to_thread(_let_go_after, work, *args, **kwargs)


def _let_go_after(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return work(*args, **kwargs)
    finally:
        connection.close()
