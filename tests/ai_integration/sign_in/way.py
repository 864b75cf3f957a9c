"""The steps of somebody who signs in at a server of tools."""

from django.test import Client
from django.urls import reverse

from ai_integration.models import McpServer
from tests.oauth_server import Protected

ENGLISH = {"Accept-Language": "en"}


def defined(visitor: Client, protected: Protected, **given: str) -> McpServer:
    body = {
        "name": "guarded",
        "transport": "http",
        "url": protected.url,
        "timeout_seconds": "20",
        "enabled": "on",
    }
    answer = visitor.post(reverse("tool-servers"), body | given)
    assert answer.status_code == 303, answer.content
    return McpServer.objects.get()


def at(name: str, server: McpServer) -> str:
    return reverse(name, args=[server.pk])


def begun(visitor: Client, server: McpServer) -> str:
    """The address to which the person is sent."""
    answer = visitor.post(at("tool-sign-in", server))
    assert answer.status_code == 200, answer
    return answer["Refresh"].partition("url=")[2]


def came_back(visitor: Client, back: str) -> str:
    """The page on which somebody who comes back finds themselves."""
    answer = visitor.get(back.removeprefix("http://testserver"), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def through(visitor: Client, protected: Protected, server: McpServer) -> None:
    came_back(visitor, protected.allowed(begun(visitor, server)))
    server.refresh_from_db()
    assert server.check_code == "ok", server.check_detail
