"""Images: what they hold is checked when they are imported, not here."""

from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind


def _image(key: str, label: str, description: str, icon: str) -> SocketKind:
    return SocketKind(
        key,
        label,
        SuperKind.IMAGE,
        description=description,
        display=Display.IMAGE,
        icon=icon,
    )


KINDS = (
    _image("IMG", "Image", "A picture, a slide or a volume.", "image"),
    _image("SEG", "Segmentation", "A label for each voxel; segments name the labels.", "blend"),
    _image("HMAP", "Heat Map", "A number for each voxel, such as a probability.", "flame"),
    _image("DSPF", "Displacement field", "How far each voxel moves, in mm.", "move"),
    _image(
        "DCIS",
        "DICOM Image Set",
        "A DICOM series that is kept as it came, under a name of its own.",
        "layers",
    ),
)
