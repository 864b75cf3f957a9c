"""The language of the command line: Japanese, unless the terminal says English."""

import os

from django.utils import translation


def speak() -> None:
    """Activate the terminal's language for this process."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    translation.activate("en" if wanted.lower().startswith("en") else "ja")
