"""Read a whole image with SimpleITK and write it as MetaImage, geometry and pixels only."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import ELEMENT_TYPES, MetaImageHeader, write_metaimage
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.resident.nifti_header import confirm_geometry
from app.images.conversion.resident.picture import exif_orientation

sitk: Any = SimpleITK  # it comes without types
Image = Any
Array = np.ndarray[Any, np.dtype[Any]]
_IMAGE_IOS = {
    "NIfTI": "NiftiImageIO",
    "NRRD": "NrrdImageIO",
    "MetaImage": "MetaImageIO",
    "PNG": "PNGImageIO",
    "JPEG": "JPEGImageIO",
}


def convert_resident(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write a NIfTI, NRRD or MetaImage file's image. Raises DecodeFailed and more by name."""
    image = _read(group)
    values, remarks = _plain_values(sitk.GetArrayViewFromImage(image), image, group)
    dimensions = image.GetDimension()
    direction = np.array(image.GetDirection()).reshape(dimensions, dimensions)
    if group.format == "NIfTI":
        remarks += confirm_geometry(group.files[0], _ras_affine(image, direction))
    spacing, time_step = _in_seconds(image.GetSpacing(), group, remarks)
    header = MetaImageHeader(
        size=image.GetSize(),
        spacing=spacing,
        origin=image.GetOrigin(),
        axes=tuple(tuple(float(v) for v in direction[:, axis]) for axis in range(dimensions)),
        dtype=values.dtype,
        components=3 if image.GetNumberOfComponentsPerPixel() > 1 else 1,
    )
    valid = not any(remark.code == "NoSpacing" for remark in group.remarks)
    return _write(
        group,
        output_dir,
        header,
        values,
        remarks=remarks,
        spacing_valid=valid,
        time_step=time_step,
    )


def _ras_affine(image: Image, direction: Array) -> Array:
    """Return the first three axes' index to RAS mm matrix, 3 x 4 (ITK speaks LPS)."""
    affine = np.eye(3, 4)
    count = min(image.GetDimension(), 3)
    affine[:count, :count] = direction[:count, :count] * np.array(image.GetSpacing()[:count])
    affine[:count, 3] = image.GetOrigin()[:count]
    return np.diag([-1.0, -1.0, 1.0]) @ affine


def _in_seconds(
    spacing: tuple[float, ...], group: Group, remarks: list[Remark]
) -> tuple[tuple[float, ...], float | None]:
    """Return the spacing with its time step in seconds, 1 where the unit is not known."""
    if len(spacing) < 4:
        return spacing, None
    if group.time_scale is None or spacing[3] <= 0:
        remarks.append(Remark("TimeStepUnknown", "The file does not state the unit of time."))
        return (*spacing[:3], 1.0), None
    step = round(spacing[3] * group.time_scale, 9)
    return (*spacing[:3], step), step


def convert_flat(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write a PNG or JPEG picture, upright by its EXIF orientation."""
    image = _read(group)
    values, remarks = _plain_values(sitk.GetArrayViewFromImage(image), image, group)
    if group.format == "JPEG":
        values = _upright(values, exif_orientation(group.files[0]))
    header = MetaImageHeader(
        size=(values.shape[1], values.shape[0]),
        spacing=(1.0, 1.0),
        origin=(0.0, 0.0),
        axes=((1.0, 0.0), (0.0, 1.0)),
        dtype=values.dtype,
        components=3 if values.ndim == 3 else 1,
    )
    return _write(group, output_dir, header, values, remarks=remarks, spacing_valid=False)


def _read(group: Group) -> Image:
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(group.files[0]))
    reader.SetImageIO(_IMAGE_IOS[group.format])
    try:
        return reader.Execute()
    except RuntimeError as error:
        raise ConversionError(
            "DecodeFailed", f"The {group.format} file is damaged and cannot be read."
        ) from error


def _plain_values(values: Array, image: Image, group: Group) -> tuple[Array, list[Remark]]:
    """Return grey values or RGB in a type every viewer knows."""
    remarks = list(group.remarks)
    components = image.GetNumberOfComponentsPerPixel()
    if components in (2, 4) and group.format in {"PNG", "NIfTI", "MetaImage", "NRRD"}:
        values = values[..., 0] if components == 2 else values[..., :3]
        remarks.append(Remark("AlphaDropped", "The transparency channel was left out."))
    elif components not in (1, 3):
        raise ConversionError(
            "UnsupportedMode", f"Images with {components} values per pixel are not supported."
        )
    if values.ndim > image.GetDimension() and values.dtype not in (np.uint8, np.uint16):
        raise ConversionError(
            "UnsupportedPixelFormat", f"Colors of type {values.dtype} are not supported."
        )
    if values.dtype.name not in ELEMENT_TYPES:
        values = _narrowed(values)
    return values, remarks


def _narrowed(values: Array) -> Array:
    """Bring 64 bit integers to the smallest type that holds them."""
    if values.dtype.kind in "iu":
        low, high = int(values.min()), int(values.max())
        for name in ("uint8", "int16", "uint16", "int32", "uint32"):
            if np.iinfo(name).min <= low and high <= np.iinfo(name).max:
                return values.astype(name)
    raise ConversionError(
        "UnsupportedPixelFormat", f"Values of type {values.dtype} are not supported."
    )


def _upright(values: Array, orientation: int) -> Array:
    """Undo the camera's rotation (EXIF 2.3, tag 0x0112)."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values


def _write(
    group: Group,
    output_dir: Path,
    header: MetaImageHeader,
    values: Array,
    *,
    remarks: list[Remark],
    spacing_valid: bool,
    time_step: float | None = None,
) -> ConvertedImage:
    path = output_dir / f"{uuid.uuid4()}.mha"
    blocks = (part for part in values) if values.ndim > 2 else iter([values])
    write_metaimage(path, header=header, blocks=blocks)
    spatial = min(len(header.size), 3)
    return ConvertedImage(
        path=path,
        name=f"{group.format} image ({' x '.join(map(str, header.size))})",
        size=header.size,
        spacing=header.spacing[:spatial],
        spacing_valid=spacing_valid,
        origin=header.origin[:spatial],
        direction=tuple(axis[row] for row in range(spatial) for axis in header.axes[:spatial]),
        time_step=time_step,
        element_type=header.dtype.name,
        components=header.components,
        color_space="RGB" if header.components == 3 else "GRAY",
        modality="",
        window_center=None,
        window_width=None,
        photometric="RGB" if header.components == 3 else "MONOCHROME2",
        rescale_type="",
        sources=group.files,
        warnings=tuple(remarks),
    )
