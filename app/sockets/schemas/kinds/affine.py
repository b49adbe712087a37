"""Affine registrations."""

from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

_ROW = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}

KINDS = (
    SocketKind(
        "ATRG",
        "Affine transform registration",
        SuperKind.VALUE,
        {
            "type": "object",
            "properties": {
                "3d_affine_transform": {
                    "type": "array",
                    "items": _ROW,
                    "minItems": 4,
                    "maxItems": 4,
                }
            },
            "required": ["3d_affine_transform"],
            "additionalProperties": False,
        },
        example={
            "3d_affine_transform": [
                [1.0, 0.0, 0.0, 12.5],
                [0.0, 1.0, 0.0, -3.0],
                [0.0, 0.0, 1.0, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ]
        },
        description="A 4 by 4 matrix that moves points of one image, in mm, to another.",
        display=Display.GEOMETRY,
        icon="move-3d",
    ),
)
