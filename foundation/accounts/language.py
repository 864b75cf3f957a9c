"""Which language a person reads: what they chose here, then what they chose elsewhere, then what their browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

type Next = Callable[[HttpRequest], HttpResponse]

YEAR = 365 * 24 * 3600


class ChosenLanguage:
    """The language that a signed-in person chose on another device. What was chosen in this browser stands before it.

    Everybody starts with the platform's own language, so only another one tells of a choice.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            chosen = request.user.language
            if chosen in dict(settings.LANGUAGES) and chosen != settings.LANGUAGE_CODE:
                translation.activate(chosen)
                request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


def remember(response: HttpResponse, language: str) -> None:
    """Keep the choice in this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
