"""The purse of one call: what it may take, what was set aside for it, and what it came to."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from ai_integration.catalogue import most_tokens
from ai_integration.models import CallRecord, Reservation
from ai_integration.selectors import Route, Setup, budgets_on
from ai_integration.services import Estimate, Usage, budget_reserve, budget_settle

# Their servers take a limit on the answer without a word; others refuse one that does not fit into their context.
TAKES_ANY_LIMIT = ("openai", "anthropic", "gemini")


@dataclass
class Taken:
    """What one try took, as far as the server said. `known` says that this is all: the server said so, or took nothing."""

    tokens_in: int = 0
    tokens_out: int = 0
    first_token_ms: int | None = None
    known: bool = False


class Purse:
    """Without a budget on the call, nothing here touches the database."""

    def __init__(self, call: CallRecord, now: Setup) -> None:
        self._call, self._rate = call, now.rate
        self._budgets = budgets_on(call, now.budgets)
        self._started = time.monotonic()
        self._used = Usage(cost=Decimal(0))
        self._due: tuple[list[Reservation], Usage] | None = None

    def most_out(self, route: Route) -> int | None:
        """How many tokens an answer may have; None where nothing limits it."""
        known, usual = route.profile.output, settings.AI_MAX_OUTPUT_TOKENS
        if known:
            return min(known, usual)
        limited = route.reference.provider in TAKES_ANY_LIMIT or (self._budgets and self._counts(route))
        return usual if limited else None

    @contextmanager
    def open(self, route: Route, messages: list[dict[str, str]]) -> Iterator[list[Taken]]:
        """Set aside what an answer takes at most; every try is added to what is yielded. `settle` must follow.

        Where it is not known what a try took, what was set aside counts as spent. Raises BudgetExceeded.
        """
        self.settle()
        tries: list[Taken] = []
        counts = bool(self._budgets) and self._counts(route)
        estimate = self._estimate(route, messages) if counts else None
        held = budget_reserve(self._call, self._budgets, estimate, self._rate) if estimate else []
        try:
            yield tries
        finally:
            used = _used(route, tries)
            self._add(used)
            if estimate:
                counted = used if all(each.known for each in tries) else _at_least(used, estimate)
                self._due = (held, counted)

    def settle(self) -> None:
        """Write down what the last answer took, if that is not done yet: with the record of the call, or before the next answer."""
        due, self._due = self._due, None
        if due:
            budget_settle(self._call, self._budgets, *due, self._rate)

    @contextmanager
    def closing(self) -> Iterator[None]:
        """A transaction in which the record of the call is closed, and what it took is written down."""
        with transaction.atomic():
            self.settle()
            yield

    def usage(self) -> Usage:
        """All that was used so far, by every model that was asked."""
        return replace(self._used, latency_ms=int((time.monotonic() - self._started) * 1000))

    def _counts(self, route: Route) -> bool:
        return route.reference.provider != "builtin"

    def _estimate(self, route: Route, messages: list[dict[str, str]]) -> Estimate:
        came, went = most_tokens(messages), self.most_out(route) or settings.AI_MAX_OUTPUT_TOKENS
        return Estimate(route.profile.cost(came, went) or Decimal(0), came + went)

    def _add(self, more: Usage) -> None:
        used = self._used
        known = used.cost is not None and more.cost is not None
        first = used.first_token_ms if used.first_token_ms is not None else more.first_token_ms
        self._used = Usage(
            used.tokens_in + more.tokens_in,
            used.tokens_out + more.tokens_out,
            cost=used.cost + more.cost if known else None,
            first_token_ms=first,
        )


def _used(route: Route, tries: Sequence[Taken]) -> Usage:
    """What the tries took altogether, as far as it is known; the cost is None where it is not."""
    came, went = sum(each.tokens_in for each in tries), sum(each.tokens_out for each in tries)
    known = all(each.known for each in tries) or route.profile.cost(1, 1) == 0
    first = next((each.first_token_ms for each in tries if each.first_token_ms is not None), None)
    return Usage(came, went, cost=route.profile.cost(came, went) if known else None, first_token_ms=first)


def _at_least(used: Usage, estimate: Estimate) -> Usage:
    tokens = max(used.tokens_in + used.tokens_out, estimate.tokens)
    return Usage(tokens_in=tokens, cost=max(used.cost or Decimal(0), estimate.money))
