from typing import Any

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "foundation.core"
    label = "core"

    def ready(self) -> None:
        from celery.signals import worker_shutting_down

        from foundation.core import draining, forks, history, ticker  # noqa: F401 - three connect themselves

        def begin(**_signal: Any) -> None:
            draining.begin()

        worker_shutting_down.connect(begin, weak=False, dispatch_uid="foundation.draining.begin")
