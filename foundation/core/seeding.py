"""What a fresh installation starts with. Rooms register functions in `AppConfig.ready`; each is safe to call again."""

import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)

type Seed = Callable[[], None]

_seeds: dict[str, Seed] = {}


def register(name: str, function: Seed) -> None:
    """Call `function` at every start, in the order of registration. It creates what is missing and touches nothing else."""
    _seeds[name] = function


def seed() -> None:
    for name, function in _seeds.items():
        logger.debug("Seeding %s", name)
        function()
