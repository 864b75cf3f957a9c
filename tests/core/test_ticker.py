"""The ticker publishes what is due, and outlives a broker and a cache that are away."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from foundation.core import ticker

pytestmark = pytest.mark.both_profiles


class Sent:
    """Stands in the broker's place and counts."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.away = False

    def __call__(self, name: str, **_options: Any) -> None:
        if self.away:
            raise OperationalError("away")
        self.names.append(name)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    counter = Sent()
    monkeypatch.setattr(current_app, "send_task", counter)
    return counter


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[ticker.Ticker]:
    monkeypatch.setattr(ticker, "_table", {})
    ticking = ticker.Ticker()
    yield ticking
    ticking.stop()
    if ticking.ident:
        ticking.join(5)


def until(condition: Any) -> None:
    import time

    ends = time.monotonic() + 10
    while not condition() and time.monotonic() < ends:
        time.sleep(0.02)
    assert condition()


def test_it_ticks_at_start_and_again(sent: Sent, running: ticker.Ticker) -> None:
    ticker.every(0.05, "often")
    ticker.every(3600, "seldom")
    running.start()
    until(lambda: sent.names.count("often") >= 3)
    assert sent.names.count("seldom") == 1


def test_it_goes_on_when_the_broker_comes_back(sent: Sent, running: ticker.Ticker) -> None:
    sent.away = True
    ticker.every(0.05, "often")
    running.start()
    until(lambda: running._silent)
    sent.away = False
    until(lambda: sent.names)
    assert not running._silent


def test_it_goes_on_without_a_cache(sent: Sent, running: ticker.Ticker, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
    }
    ticker.every(0.05, "often")
    running.start()
    until(lambda: len(sent.names) >= 2)


def test_of_two_tickers_on_one_cache_one_speaks(sent: Sent, running: ticker.Ticker) -> None:
    ticker.every(3600, "seldom")
    second = ticker.Ticker()
    running.start()
    second.start()
    until(lambda: running._due and second._due)
    for each in (running, second):
        each.stop()
        each.join(10)
        assert not each.is_alive()
    assert sent.names == ["seldom"]


def test_upper_rooms_filled_the_table() -> None:
    assert ticker.entries()["monitoring.canary"] == 30


def test_a_ticker_that_is_still_stopping_does_not_keep_the_next_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy, let_go, ticked = threading.Event(), threading.Event(), threading.Event()

    def tick(_self: object, name: str, _seconds: float) -> None:
        if not busy.is_set():
            busy.set()
            let_go.wait(10)
        else:
            ticked.set()

    monkeypatch.setattr(ticker, "_table", {"tests.note": 0.05})
    monkeypatch.setattr(ticker.Ticker, "_tick", tick)
    ticker.start()
    try:
        assert busy.wait(10)
        ticker.stop()
        ticker.start()
        let_go.set()
        assert ticked.wait(10)
    finally:
        let_go.set()
        ticker.stop()
