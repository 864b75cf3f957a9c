"""One door for `make`, for Windows and for CI: finds a Python, makes .venv, starts what was asked for.

This file alone must parse under any Python, however old, so that an old one gets a sentence and not a traceback.
"""

import sys

if sys.version_info < (3, 8):  # noqa: UP036 - the launcher may be any interpreter
    sys.stderr.write("This script needs Python 3.8 or newer to start, and looks for 3.12 or newer itself.\n")
    sys.stderr.write("Try:  python3 scripts/bootstrap.py run    (Windows:  py scripts\\bootstrap.py run)\n")
    sys.exit(2)

sys.dont_write_bytecode = True

from launcher.commands import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
