"""What a page follows, told to the page: it goes on from where it was rendered, so nothing falls between."""

import json
from typing import Any

from foundation.activity.frames import stream_for
from foundation.activity.selectors import stream_positions


def followed(user: Any, *names: str) -> str:
    """`[[name, epoch, seq], …]` as JSON. Ask before reading what the page shows."""
    streams = {name: stream_for(name, user) for name in names}
    positions = stream_positions(streams.values())
    return json.dumps([[name, *positions.get(stream, ("", 0))] for name, stream in streams.items()])
