"""What the platform's answers are held against: Django and Channels alone, behind the same Daphne.

`/?size=N` renders a template to about N bytes. A socket is told the time, from a thread, by `group_send` on the server's loop.
`python -m benchmarks.bare` prints the port that it listens on.
"""

import asyncio
import json
import socket
import sys
import threading
import time
from typing import Any

from benchmarks.pace import PACE_SECONDS

TEMPLATE = (
    "<!doctype html><title>Bare</title><ul>{% for row in rows %}"
    '<li><a href="/{{ row.id }}/">{{ row.title }}</a> {{ row.text }}</li>\n{% endfor %}</ul>'
)
ROW = {"id": "0b9a1c52-6f0e-4d5c-8a51-6f2f6a0d3c11", "title": "調査", "text": "x" * 240}
ROW_BYTES = 310


def application() -> Any:
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bare",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="benchmarks.bare",
        USE_I18N=False,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    )
    import django
    from channels.routing import ProtocolTypeRouter
    from django.core.asgi import get_asgi_application

    django.setup()
    return ProtocolTypeRouter({"http": get_asgi_application(), "websocket": _listener()})


def _listener() -> Any:
    from channels.generic.websocket import AsyncJsonWebsocketConsumer

    class Listener(AsyncJsonWebsocketConsumer):
        async def connect(self) -> None:
            await self.channel_layer.group_add("told", self.channel_name)
            await self.accept()

        async def told(self, message: dict[str, Any]) -> None:
            await self.send_json({"type": "event", "n": message["n"]})

    return Listener.as_asgi()


def page(request: Any) -> Any:
    from django.http import HttpResponse
    from django.template import Context, Engine

    template = Engine.get_default().from_string(TEMPLATE)
    rows = [ROW] * (int(request.GET.get("size", 1000)) // ROW_BYTES)
    return HttpResponse(template.render(Context({"rows": rows})))


def tell(loop: asyncio.AbstractEventLoop) -> None:
    """Tell everybody who listens a number, and print when."""
    from channels.layers import get_channel_layer

    layer, number = get_channel_layer(), 0
    while True:
        time.sleep(PACE_SECONDS)
        number += 1
        at = time.time()
        asyncio.run_coroutine_threadsafe(layer.group_send("told", {"type": "told", "n": number}), loop)
        print(json.dumps([number, at]), flush=True)


def main() -> None:
    from daphne.server import Server

    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = Server(
        application(), endpoints=[f"tcp:port={port}:interface=127.0.0.1"], signal_handlers=False, verbosity=0
    )
    from twisted.internet import reactor

    def ready() -> None:
        print(port, flush=True)
        if "--tell" in sys.argv:
            threading.Thread(target=tell, args=(reactor._asyncioEventloop,), daemon=True).start()

    reactor.callWhenRunning(ready)
    server.run()


if __name__ == "__main__":
    main()
else:
    from django.urls import path

    urlpatterns = [path("", page)]
