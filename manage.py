#!/usr/bin/env python
"""Django's command line. `--data-dir` is read here, before settings load, because it decides what they read."""

import os
import sys


def read_data_dir(argv: list[str]) -> None:
    for position, word in enumerate(argv):
        if word == "--data-dir" and position + 1 < len(argv):
            os.environ["DATA_DIR"] = argv[position + 1]
        elif word.startswith("--data-dir="):
            os.environ["DATA_DIR"] = word.removeprefix("--data-dir=")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    read_data_dir(sys.argv)
    from django.core.management import execute_from_command_line

    from config.env import SettingError

    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        sys.exit(f"設定を確認してください / Check the settings: {error}")


if __name__ == "__main__":
    main()
