"""Choices: which ones there are is said by the socket's own schema."""

from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

KINDS = (
    SocketKind(
        "CHOI",
        "Choice",
        SuperKind.VALUE,
        {"type": "string", "maxLength": 1000},
        example="Malignant",
        description="One of several texts.",
        display=Display.SCALAR,
        icon="circle-dot",
    ),
    SocketKind(
        "MCHO",
        "Multiple choice",
        SuperKind.VALUE,
        {
            "type": "array",
            "items": {"type": "string", "maxLength": 1000},
            "maxItems": 1000,
            "uniqueItems": True,
        },
        example=["Emphysema", "Nodule"],
        description="Any number of several texts.",
        display=Display.SCALAR,
        icon="list-checks",
    ),
)
