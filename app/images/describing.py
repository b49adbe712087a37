"""What the page of an image says, from its row: right for 2D, 3D, 4D and color alike."""

from dataclasses import dataclass
from typing import Any

from app.images.geometry import Axis, axis_of, leads_to, plane_of
from app.images.histogram import Chart, chart_of, number
from app.images.models import Image, ImageFile, Import
from app.images.policies import IMPORTS
from app.images.uses import Use, uses_of

_AXES = ("x", "y", "z")
_IDENTITY = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
DOWNLOADS = (ImageFile.Kind.MHA, ImageFile.Kind.TIFF)


@dataclass(frozen=True)
class Geometry:
    """Axes, place and orientation; ``in_patient`` is false for pictures, which have no frame."""

    in_patient: bool
    axes: list[Axis]
    plane: str
    origin: str
    rows: list[list[str]]
    oriented: bool


@dataclass(frozen=True)
class Provenance:
    """Where an image comes from. ``importer`` and ``import_url`` only for whom they concern."""

    source_files: int
    importer: Any | None
    shown_import: Import | None
    made_by: list[Use]
    used_in: list[Use]

    @property
    def home(self) -> Use | None:
        """The use that leads back to where people find the image."""
        uses = [*self.used_in, *self.made_by]
        return next((use for use in uses if use.kind == "Archive"), uses[0] if uses else None)


def geometry_of(image: Image) -> Geometry:
    """Return an image's geometry in words and numbers."""
    in_patient = _has_patient_frame(image)
    count = 3 if in_patient else 2 + (image.size[2] > 1)
    axes = [
        Axis(
            _AXES[axis],
            image.size[axis],
            image.spacing[axis],
            leads_to(axis_of(image.direction, axis)) if in_patient else "",
        )
        for axis in range(count)
    ]
    return Geometry(
        in_patient=in_patient,
        axes=axes,
        plane=plane_of(image.direction) if in_patient else "",
        origin=", ".join(_signed(value, digits=2) for value in image.origin[:count]),
        rows=[
            [_signed(image.direction[3 * row + column], digits=4) for column in range(count)]
            for row in range(count)
        ],
        oriented="NoOrientation" not in remark_codes(image),
    )


def _signed(value: float, *, digits: int) -> str:
    """Return a number with a real minus sign, and none before zero."""
    text = f"{value:.{digits}f}".replace("-", "\u2212")
    return text if text.strip("\u22120.") else text.lstrip("\u2212")


def _has_patient_frame(image: Image) -> bool:
    """Tell a volume or slice from a picture; old rows do not say how many axes the file had."""
    axes = image.metadata.get("axes")
    if axes is not None:
        return bool(axes == 3) and not _is_loop(image)
    plain = list(image.direction) == _IDENTITY and not any(image.origin)
    return image.size[2] > 1 or not plain


def _is_loop(image: Image) -> bool:
    """Tell whether it is a picture over time, whose third axis only holds the place of one."""
    plain = list(image.direction) == _IDENTITY and not any(image.origin)
    return image.timepoints > 1 and image.size[2] == 1 and plain


def remark_codes(image: Image) -> set[str]:
    """Return the codes of the converter's remarks."""
    return {remark["code"] for remark in image.metadata.get("remarks", [])}


def chart(image: Image) -> Chart | None:
    """Return the drawing of the histogram, or nothing where none was made."""
    return chart_of(
        image.metadata.get("histogram"), center=image.window_center, width=image.window_width
    )


def window_words(image: Image) -> str:
    """Return the window in words, or nothing."""
    if image.window_center is None or image.window_width is None:
        return ""
    half = image.window_width / 2
    low, high = number(image.window_center - half), number(image.window_center + half)
    center, width = number(image.window_center), number(image.window_width)
    return f"center {center}, width {width} ({low} to {high})"


def provenance_of(image: Image, *, user: Any, knows_people: bool) -> Provenance:
    """Return where an image comes from and goes to, as far as ``user`` may see it.

    ``knows_people``: whoever reads the history of an image reads there who imported it.
    """
    source = image.source
    own = source is not None and IMPORTS.visible_to(user).filter(pk=source.pk).exists()
    uses = uses_of(image.pk, user=user)
    return Provenance(
        source_files=image.sources.count(),
        importer=source.owner if source is not None and (own or knows_people) else None,
        shown_import=source if own else None,
        made_by=[use for use in uses if use.made],
        used_in=[use for use in uses if not use.made],
    )
