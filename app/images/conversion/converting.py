"""Convert one group, whatever it is made of."""

from __future__ import annotations

from pathlib import Path

from app.images.conversion.dicom.segmentation import convert_segmentation
from app.images.conversion.dicom.volume import convert_picture, convert_stack
from app.images.conversion.issues import ConversionError
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.non_dicom.convert import convert_volume
from app.images.conversion.options import Options


def convert(
    group: Group,
    output_dir: Path,
    *,
    limits: Limits | None = None,
    options: Options | None = None,
) -> ConvertedImage:
    """Write the group's image into `output_dir` under a new name.

    Raises ConversionError and nothing else; its `files` are those of the group unless the fault
    lies with some of them. No partial file is left behind.
    """
    limits, options = limits or Limits(), options or Options()
    try:
        return _convert(group, output_dir, limits=limits, options=options)
    except ConversionError as error:
        if error.files:
            raise
        raise ConversionError(
            error.code, error.message, files=group.files, tag=error.tag
        ) from error
    except MemoryError as error:
        raise ConversionError(
            "TooLarge", "The image needs more memory than is allowed.", files=group.files
        ) from error
    except Exception as error:
        raise ConversionError(
            "InternalError",
            f"The converter failed on these files ({type(error).__name__}).",
            files=group.files,
        ) from error


def _convert(group: Group, output_dir: Path, *, limits: Limits, options: Options) -> ConvertedImage:
    if group.kind == "stack":
        return convert_stack(group, output_dir, limits=limits, options=options)
    if group.kind == "segmentation":
        return convert_segmentation(group, output_dir, limits=limits)
    if group.kind in ("still", "cine"):
        return convert_picture(group, output_dir, limits=limits)
    if group.kind == "flat":
        # Its codecs take a while to import, which a plain series does not need.
        from app.images.conversion.non_dicom.flat import convert_flat

        return convert_flat(group, output_dir, limits=limits)
    return convert_volume(group, output_dir, limits=limits)
