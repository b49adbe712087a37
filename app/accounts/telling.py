"""WebSockets that tell at once when there is news, and take nothing.

What is told is a hint: the truth is read from the page or the API, whose access doors answer each
time.
"""

import asyncio
import json
from typing import Any, ClassVar

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from app.accounts.websockets import person_of
from app.core.errors import PortalError
from app.core.websockets import same_origin, still_signed_in

CHECK_SECONDS = 30.0
NOT_SIGNED_IN, NOT_FOUND = 4401, 4404


class NewsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Checks who asks, says where things are now, and passes hints on.

    Subclasses name the ``area`` that a token must reach, and say what is looked at: `find` goes
    through the access door.
    """

    area: ClassVar[str] = ""
    check_seconds = CHECK_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person: Any = None
        self.group = ""
        self.watch: asyncio.Task[None] | None = None

    def find(self, user: Any, **where: Any) -> tuple[str, dict[str, Any]]:
        """Return the group of hints, and what to say first; raise `NotFound` for strangers.

        ``where`` is what the address names.
        """
        raise NotImplementedError

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand an event to its handler, which looks after the database itself."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Accept, so that a refusal can say why: browsers hide the code of a refused handshake."""
        if not same_origin(self.scope):
            await self.close()
            return
        await self.accept()
        self.person = await _in_thread(person_of, self.scope, area=self.area)
        if self.person is None:
            await self.close(code=NOT_SIGNED_IN, reason="Sign in first.")
            return
        try:
            self.group, _ = await self._found()
            await self.channel_layer.group_add(self.group, self.channel_name)
            _, said = await self._found()  # once more: nothing is missed in between
        except PortalError as error:
            await self.close(code=NOT_FOUND, reason=error.message[:120])
            return
        await self._say(said)
        self.watch = asyncio.create_task(self._watch())

    async def disconnect(self, code: int) -> None:
        """Hear no more hints."""
        if self.watch is not None:
            self.watch.cancel()
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take nothing: this socket only tells."""

    async def hint(self, message: dict[str, Any]) -> None:
        """Pass a hint on."""
        await self._say({name: said for name, said in message.items() if name != "type"})

    async def _watch(self) -> None:
        """Ask now and then whether the person may still look, and at as much."""
        while True:
            await asyncio.sleep(self.check_seconds)
            try:
                signed_in = await _in_thread(still_signed_in, self.scope)
                group, _ = await self._found()
            except PortalError:
                signed_in = False
            if not signed_in or group != self.group:
                await self.close(code=NOT_FOUND)
                return

    async def _found(self) -> tuple[str, dict[str, Any]]:
        where = self.scope["url_route"]["kwargs"]
        found: tuple[str, dict[str, Any]] = await _in_thread(self.find, self.person, **where)
        return found

    async def _say(self, said: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(said))


async def _in_thread(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Ask the database in a thread of its own: sockets do not wait for each other."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
