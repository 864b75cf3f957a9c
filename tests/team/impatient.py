"""The platform's settings with a broker that loses patience long before a task ends."""

from config.settings import *  # noqa: F403

CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = 3  # noqa: F405
CELERY_BROKER_TRANSPORT_OPTIONS["unacked_restore_interval"] = 1  # noqa: F405
CELERY_BROKER_TRANSPORT_OPTIONS["unacked_restore_throttle"] = 1  # noqa: F405
