"""Writers on SQLite take turns within a process: nobody sleeps beside a free file, and no turn is ever kept."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from foundation.activity.models import Stream
from foundation.core.sqlite import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL lets many write"),
]


def turn() -> threading.Lock:
    return base._turns[str(connection.settings_dict["NAME"])]


def elsewhere(work: Callable[[], Any]) -> list[BaseException]:
    """Do it on another thread, with a connection of its own; returns what went wrong."""
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except OperationalError as error:
            wrong.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    return wrong


def write(name: str) -> Stream:
    return Stream.objects.create(name=name)


@pytest.fixture
def impatient() -> Iterator[None]:
    """Whoever finds another writing gives up at once."""
    options = connection.settings_dict["OPTIONS"]
    before = options["timeout"]
    connection.close()
    options["timeout"] = 0
    yield
    options["timeout"] = before
    connection.close()


def test_a_write_waits_for_the_transaction_of_another_thread() -> None:
    seen: list[list[str]] = []
    waiting = threading.Thread(target=lambda: (write("second"), seen.append(names()), connection.close()))
    with transaction.atomic():
        write("first")
        waiting.start()
        assert turn().locked()
        assert seen == []
    waiting.join(30)
    assert seen == [["first", "second"]]


def names() -> list[str]:
    return sorted(Stream.objects.filter(name__in=("first", "second")).values_list("name", flat=True))


def test_many_threads_that_write_in_both_ways_all_get_their_turn() -> None:
    def work(number: int) -> None:
        for count in range(10):
            with transaction.atomic():
                write(f"in:{number}:{count}")
            write(f"alone:{number}:{count}")
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(120)
    assert Stream.objects.filter(name__regex="^(in|alone):").count() == 160
    assert not turn().locked()


def _rolled_back() -> None:
    with transaction.atomic():
        write("x")
        transaction.set_rollback(True)


def _broken() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the write comes before the fault
        write("x")
        raise ZeroDivisionError


def _refused() -> None:
    write("x")
    with pytest.raises(Exception, match="UNIQUE"):
        Stream.objects.create(name="x")


def _closed() -> None:
    atomic = transaction.atomic()
    atomic.__enter__()
    connection.close()
    atomic.__exit__(None, None, None)


def _nested() -> None:
    with transaction.atomic(), transaction.atomic():
        write("x")


@pytest.mark.parametrize("end", [_rolled_back, _broken, _refused, _closed, _nested])
def test_a_turn_ends_however_the_writing_ends(impatient: None, end: Callable[[], None]) -> None:
    end()
    assert not turn().locked()
    assert elsewhere(lambda: write("next")) == []


def test_whose_turn_does_not_come_is_told_by_sqlite_and_takes_nobodys(impatient: None) -> None:
    with transaction.atomic():
        write("mine")
        for work in (lambda: write("theirs"), lambda: transaction.atomic(write)("theirs")):
            assert "locked" in str(*elsewhere(work))
        assert turn().locked()
    assert elsewhere(lambda: write("theirs")) == []
    assert not turn().locked()
