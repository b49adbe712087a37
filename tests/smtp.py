"""A mail server on the loopback interface that speaks SMTP and does what a test tells it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Received:
    """One message that the server took."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        found: EmailMessage = message_from_bytes(self.content, policy=policy.default)  # type: ignore[arg-type, assignment]
        return found


@dataclass
class SmtpSink:
    """``answers`` maps a verb, or ``.`` for the end of the content, to replies that come before
    the ordinary one, one per use; the reply ``drop`` cuts the connection. ``refused`` maps a
    recipient to the reply it always gets.
    """

    port: int = 0
    received: list[Received] = field(default_factory=list)
    sessions: int = 0
    commands: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        try:
            await _Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class _Dropped(ConnectionError):
    pass


class _Session:
    def __init__(
        self, sink: SmtpSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.sink, self.reader, self.writer = sink, reader, writer
        self.sender = ""
        self.recipients: list[str] = []

    async def run(self) -> None:
        await self.say("CONNECT", "220 sink ready")
        while line := (await self.reader.readline()).decode().strip():
            verb = line.split(maxsplit=1)[0].upper()
            self.sink.commands.append(line)
            if verb in ("EHLO", "HELO"):
                await self.say(verb, "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                await self.say(verb, "235 welcome")
            elif verb == "MAIL":
                self.sender, self.recipients = _address(line), []
                await self.say(verb, "250 sender ok")
            elif verb == "RCPT":
                await self.recipient(_address(line))
            elif verb == "DATA":
                await self.data()
            elif verb == "QUIT":
                await self.say(verb, "221 bye")
                return
            else:
                await self.say(verb, "250 ok")

    async def recipient(self, address: str) -> None:
        if address in self.sink.refused:
            await self.say("", self.sink.refused[address])
        elif (await self.say("RCPT", "250 recipient ok")).startswith("250"):
            self.recipients.append(address)

    async def data(self) -> None:
        if not (await self.say("DATA", "354 go on")).startswith("354"):
            return
        lines = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise _Dropped
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        after = self.sink.answers.get("TAKEN", [])
        if after or self.ordinary("."):
            self.sink.received.append(Received(self.sender, list(self.recipients), b"".join(lines)))
        if after:  # taken, and then the line is cut before the client hears of it
            after.pop(0)
            raise _Dropped
        await self.say(".", "250 taken")

    def ordinary(self, verb: str) -> bool:
        return not self.sink.answers.get(verb)

    async def say(self, verb: str, usual: str) -> str:
        special = self.sink.answers.get(verb, [])
        text = special.pop(0) if special else usual
        if text == "drop":
            raise _Dropped
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()
        return text


def _address(line: str) -> str:
    return line.split("<", 1)[1].split(">", 1)[0]


@contextlib.contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """A running server on a port of its own."""
    sink = SmtpSink()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(sink.serve, "127.0.0.1", 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="smtp-sink", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
