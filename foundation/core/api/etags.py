"""`ETag` and `If-Match`: has what the client read changed meanwhile?"""

from rest_framework.request import Request


def tag(digest: str) -> str:
    return f'"{digest}"'


def expected(request: Request) -> str:
    """The digest that the client read, from `If-Match`; empty when any state will do.

    A proxy or the gzip middleware may have made the tag weak; it still names the same content.
    """
    given = request.headers.get("If-Match", "").strip()
    return "" if given == "*" else given.removeprefix("W/").strip('"')
