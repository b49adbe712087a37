"""Masks that become images, which a socket value or an answer can hold."""

from django.db import transaction

from app.core.errors import ValidationFailed
from app.core.scratch import scratch_folder
from app.images.conversion import ConvertedImage
from app.images.models import Image
from app.images.services import discard_stored, publish_image, store_image
from viewer.annotations.models import Annotation
from viewer.annotations.services.exports import axes_of, write_mask
from viewer.annotations.services.masks import grid_of

MODALITY = "SEG"


def publish_mask(annotation: Annotation) -> Image:
    """Return a new image that holds a mask as it stands, on the grid of the mask's image.

    Nobody sees it before something that they see uses it: its caller puts it to use, and keeps
    which revision it was made of.
    """
    if not annotation.is_mask:
        raise ValidationFailed("Only a mask can become an image.")
    image = annotation.image
    grid = grid_of(image, bits=annotation.value["bits"])
    axes = axes_of(image)
    with scratch_folder("mask") as folder:
        path = folder / "mask.mha"
        write_mask(annotation, path)
        converted = ConvertedImage(
            path=path,
            name=f"{annotation.label or 'Mask'} on {image.name}",
            size=(grid.width, grid.height, grid.depth)[:axes],
            spacing=tuple(image.spacing[:axes]),
            spacing_valid=image.spacing_valid,
            origin=tuple(image.origin[:axes]),
            direction=_direction(image, axes),
            time_step=None,
            element_type=grid.dtype.name,
            components=1,
            color_space="GRAY",
            modality=MODALITY,
            window_center=None,
            window_width=None,
            photometric="MONOCHROME2",
            rescale_type="",
            sources=(),
            warnings=(),
        )
        stored = store_image(converted)
    try:
        with transaction.atomic():
            return publish_image(stored)
    except BaseException:
        discard_stored([stored])
        raise


def _direction(image: Image, axes: int) -> tuple[float, ...]:
    rows = (image.direction[3 * row : 3 * row + axes] for row in range(axes))
    return tuple(number for row in rows for number in row)
