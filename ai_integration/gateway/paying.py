"""The purse of one call: what it may take, what was set aside for it, and what it came to."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from django.conf import settings

from ai_integration.catalogue import most_tokens
from ai_integration.models import CallRecord
from ai_integration.selectors import Route, Setup, budgets_on
from ai_integration.services import Estimate, Usage, budget_reserve, budget_settle

# Their servers take a limit on the answer without a word; others refuse one that does not fit into their context.
TAKES_ANY_LIMIT = ("openai", "anthropic", "gemini")

type Spend = Callable[[int, int, int | None], None]


class Purse:
    """Without a budget on the call, nothing here touches the database."""

    def __init__(self, call: CallRecord, now: Setup) -> None:
        self._call, self._rate = call, now.rate
        self._budgets = budgets_on(call, now.budgets)
        self._started = time.monotonic()
        self._used = Usage(cost=Decimal(0))

    def most_out(self, route: Route) -> int | None:
        """How many tokens an answer may have; None where nothing limits it."""
        known, usual = route.profile.output, settings.AI_MAX_OUTPUT_TOKENS
        if known:
            return min(known, usual)
        limited = route.reference.provider in TAKES_ANY_LIMIT or (self._budgets and self._counts(route))
        return usual if limited else None

    @contextmanager
    def open(self, route: Route, messages: list[dict[str, str]]) -> Iterator[Spend]:
        """Set aside what an answer takes at most, and settle when the block ends. Raises BudgetExceeded."""
        taken: list[Usage] = []

        def spend(tokens_in: int, tokens_out: int, first_token_ms: int | None) -> None:
            cost = route.profile.cost(tokens_in, tokens_out)
            taken.append(Usage(tokens_in, tokens_out, cost=cost, first_token_ms=first_token_ms))

        held = []
        if self._budgets and self._counts(route):
            held = budget_reserve(self._call, self._budgets, self._estimate(route, messages), self._rate)
        try:
            yield spend
        finally:
            for each in taken:
                self._add(each)
            if held:
                budget_settle(self._call, held, taken[0] if taken else Usage(), self._rate)

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
