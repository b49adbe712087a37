"""Django for an ASGI server, with each request in one thread.

Django's own handler goes from the event loop to a thread, back for the view and out again, since
views and middleware may be coroutines there. Ours are not, and each of these ways costs as much as
a small view (`python -m benchmarks.requests`). A coroutine is still answered, in that thread.
"""

from asgiref.sync import sync_to_async
from django import setup
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from typing_extensions import override


class OneThreadHandler(ASGIHandler):
    """Runs middleware and view of a request in the thread that is the request's own."""

    @override
    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    @override
    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


def get_application() -> OneThreadHandler:
    """Set Django up and return its application."""
    setup(set_prefix=False)
    return OneThreadHandler()
