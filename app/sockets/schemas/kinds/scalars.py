"""Plain values: text, numbers, yes or no, and anything that JSON can say."""

from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

KINDS = (
    SocketKind(
        "STR",
        "String",
        SuperKind.VALUE,
        {"type": "string", "maxLength": 100_000},
        example="A solid nodule in the left upper lobe.",
        description="A text.",
        display=Display.SCALAR,
        icon="type",
    ),
    SocketKind(
        "INT",
        "Integer",
        SuperKind.VALUE,
        {"type": "integer"},
        example=42,
        description="A whole number.",
        display=Display.SCALAR,
        icon="hash",
    ),
    SocketKind(
        "FLT",
        "Float",
        SuperKind.VALUE,
        {"type": "number"},
        example=0.87,
        description="A number, with or without a fraction.",
        display=Display.SCALAR,
        icon="decimals-arrow-right",
    ),
    SocketKind(
        "BOOL",
        "Bool",
        SuperKind.VALUE,
        {"type": "boolean"},
        example=True,
        description="Yes or no.",
        display=Display.SCALAR,
        icon="toggle-right",
    ),
    SocketKind(
        "JSON",
        "Anything",
        SuperKind.VALUE,
        example={"dice": 0.91, "cases": ["a", "b"]},
        description="Anything that JSON can say; give it a schema of your own.",
        display=Display.DATA,
        icon="braces",
    ),
)
