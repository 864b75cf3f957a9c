"""The whole platform as one ASGI application: the gate, then pages and API, or sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 - Django has to be set up first

from foundation.accounts.sockets import SocketSignIn  # noqa: E402
from foundation.core.gate import Gate  # noqa: E402
from workflows.routing import websocket_urlpatterns  # noqa: E402
from workflows.serving.door import McpDoor  # noqa: E402

application = Gate(
    ProtocolTypeRouter({"http": McpDoor(pages), "websocket": SocketSignIn(URLRouter(websocket_urlpatterns))})
)
