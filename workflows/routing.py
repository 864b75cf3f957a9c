from typing import Any

from django.urls import re_path

from foundation.core.gate import Receive, Scope, Send, refuse_socket
from workflows.consumers import PlatformConsumer


async def nowhere(scope: Scope, receive: Receive, send: Send) -> Any:
    """A socket at an address that has none."""
    await refuse_socket(receive, send)


websocket_urlpatterns = [re_path(r"^ws/?$", PlatformConsumer.as_asgi()), re_path(r"", nowhere)]
