"""What sockets and their values record."""

from app.core.audit import register_events

register_events(
    {
        "sockets.socket.created": "{actor} made the socket {object}",
        "sockets.file.downloaded": "{actor} downloaded the file of {object}",
    }
)
