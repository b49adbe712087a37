"""A viewer server as a program of its own: sockets of viewers and its health, nothing else.

No page, no cookie, no sign-in: a ticket opens a socket, and a browser has to bring it from a page
of the site.
"""

import asyncio
import json
from contextlib import suppress

from channels.routing import URLRouter
from django.conf import settings

from app.core.asgi_types import Receive, Scope, Send
from viewer.gateway.configured import configured_gateway
from viewer.routing import websocket_urlpatterns


class ViewerServerApplication:
    """The ASGI application of a viewer server."""

    def __init__(self) -> None:
        self._sockets = URLRouter(websocket_urlpatterns)
        self._paths = [route.pattern for route in websocket_urlpatterns]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, or accompany the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)
        elif self._is_known(scope) and _is_from_site(scope):
            await self._sockets(dict(scope), receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4404})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Give signs of life from start to end."""
        attending: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                attending = asyncio.create_task(configured_gateway().attend())
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if attending is not None:
                    attending.cancel()
                    with suppress(asyncio.CancelledError):
                        await attending
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, send: Send) -> None:
        is_health = scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD")
        said = {"status": "ok"} if is_health else {"detail": "This server has sockets only."}
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        status = 200 if is_health else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else json.dumps(said).encode()
        await send({"type": "http.response.body", "body": body})

    def _is_known(self, scope: Scope) -> bool:
        path = str(scope["path"]).removeprefix("/")
        return any(pattern.match(path) for pattern in self._paths)


def _is_from_site(scope: Scope) -> bool:
    """Let in pages of the site, and programs, which send no Origin."""
    origin = dict(scope.get("headers", ())).get(b"origin", b"").decode("latin-1")
    return not origin or origin in settings.CSRF_TRUSTED_ORIGINS
