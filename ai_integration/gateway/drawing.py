"""Pictures by a model that can draw, where one is connected."""

import asyncio
from dataclasses import dataclass

from django.conf import settings
from django.db import connection as database

from ai_integration import providers
from ai_integration.errors import ApprovalRequired, ProviderFailed
from ai_integration.faults import fault
from ai_integration.gateway import limits, loop
from ai_integration.gateway.paying import Purse, Taken
from ai_integration.providers import Connection, Drawn
from ai_integration.selectors import Route, Setup, connection_for, setup
from ai_integration.services import Answered, Purpose, call_begin, call_fail, call_finish, call_park
from ai_integration.states import Ending
from foundation.core.errors import DomainError

JOB = "job:draw"


@dataclass(frozen=True)
class Picture:
    """A picture as the model sent it, not looked at yet, and the name of the model."""

    content: bytes
    model: str


def draw(purpose: Purpose, *, prompt: str) -> Picture | None:
    """A picture by the model chosen for drawing, else by the first connected provider that draws; None where there is none.

    Raises ProviderFailed, BudgetExceeded. Like any call, it must not be made inside a transaction.
    """
    if database.in_atomic_block:
        raise RuntimeError("A model was called inside a database transaction.")
    now = setup()
    found = _route(purpose, now)
    if found is None:
        return None
    route, way = found
    call = call_begin(purpose, provider=route.reference.provider, model=route.reference.model)
    purse = Purse(call, now)
    try:
        with purse.open(route, [{"role": "user", "content": prompt}]) as tries:
            loop.let_connection_go()
            drawn = loop.run(_drawn(route, way, prompt, tries))
    except ApprovalRequired as error:
        with purse.closing():
            call_park(call, reason=str(error))
        raise
    except DomainError as error:
        ending = getattr(error, "ending", Ending.DOWN)
        told = f"{error} ({error.details.get('reason', '')})"
        with purse.closing():
            call_fail(call, error=told, ending=ending, usage=purse.usage())
        raise
    finally:
        purse.settle()
    by = Answered(route.reference.provider, route.reference.model)
    call_finish(call, answer={"bytes": len(drawn.content)}, usage=purse.usage(), by=by)
    return Picture(drawn.content, route.text)


def _route(purpose: Purpose, now: Setup) -> tuple[Route, Connection] | None:
    chosen = now.choices.get(JOB)
    names = [chosen.reference] if chosen else providers.drawing_models()
    for name in names:
        reference = providers.parse(name)
        way = (
            connection_for(purpose.owner_id, reference, now) if providers.draws(reference.provider) else None
        )
        if way:
            return Route(name, reference, now.profile(name)), way
    return None


async def _drawn(route: Route, way: Connection, prompt: str, tries: list[Taken]) -> Drawn:
    taken = Taken()
    try:
        async with limits.place(route.reference, way), asyncio.timeout(settings.CALL_TIMEOUT_SECONDS):
            tries.append(taken)
            drawn = await providers.draw(route.reference, way, prompt)
            taken.tokens_in, taken.tokens_out, taken.known = drawn.tokens_in, drawn.tokens_out, True
            return drawn
    except ProviderFailed:
        raise
    except Exception as error:  # noqa: BLE001 - none of its words may go further: some quote the key
        taken.known = not isinstance(error, TimeoutError)
        found = fault(error, place="", model=route.reference.model, provider=way.provider)
        told = f"{found.code}{f' (HTTP {found.detail["status"]})' if 'status' in found.detail else ''}"
        raise ProviderFailed(ending=Ending.DOWN, details={"reason": told}) from None
