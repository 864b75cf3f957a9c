"""A process with Django set up that runs what it is told: one JSON string of code a line in, one JSON object out."""

import contextlib
import io
import json
import sys
import traceback


def main() -> None:
    import django

    django.setup()
    from django.db import connections

    for line in sys.stdin:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(json.loads(line), {})
            answer = {"printed": printed.getvalue()}
        except Exception:  # noqa: BLE001 - whatever the code raises is its answer
            answer = {"error": traceback.format_exc()}
        connections.close_all()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
