"""The checks of what every installation has: database, cache, queue, disk."""

import time

import psutil
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from foundation.monitoring.health import DEGRADED, DOWN, UNKNOWN, Health, register

CANARY_SECONDS = 30
CANARY_KEY = "queue:canary"
CANARY_DEAD_SECONDS = 90
DISK_LOW_BYTES = 500 * 1024 * 1024

_started = time.time()


def register_all() -> None:
    register("database", database, vital=True)
    register("cache", cache_answers)
    register("queue", queue)
    register("disk", disk)


def canary_returned() -> None:
    """A task came through the queue just now."""
    cache.set(CANARY_KEY, time.time(), timeout=24 * 3600)


def database() -> Health:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health(facts={"engine": connection.vendor, "ms": round((time.perf_counter() - began) * 1000, 1)})


def cache_answers() -> Health:
    key, value = "health:probe", str(time.time())
    cache.set(key, value, timeout=10)
    found = cache.get(key)
    return Health() if found is not None else Health(DEGRADED, "what was written did not come back")


def queue() -> Health:
    """Process-alive is not health: only a task that came through proves that the queue works."""
    seen = cache.get(CANARY_KEY)
    age = time.time() - (seen or _started)
    if age > CANARY_DEAD_SECONDS:
        return Health(DOWN, "no task has come through", {"seconds_since": round(age)})
    return (
        Health(facts={"seconds_since": round(age)})
        if seen
        else Health(UNKNOWN, "no task has come through yet")
    )


def disk() -> Health:
    usage = psutil.disk_usage(str(settings.DATA_DIR))
    facts = {"free_bytes": usage.free, "percent": usage.percent}
    return Health(DEGRADED, "almost full", facts) if usage.free < DISK_LOW_BYTES else Health(facts=facts)


def system() -> dict[str, float]:
    """CPU and memory of the machine in percent, and this process's memory in bytes."""
    return {
        "cpu_percent": psutil.cpu_percent(interval=None),
        "memory_percent": psutil.virtual_memory().percent,
        "process_rss_bytes": psutil.Process().memory_info().rss,
    }
