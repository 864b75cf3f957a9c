"""Other processes of this machine."""

import psutil


def is_gone(pid: int) -> bool:
    """Whether that process certainly runs no longer; one that has ended and was not yet waited for does not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
