"""Decode a picture and write it as a MetaImage, upright, without its transparency."""

from __future__ import annotations

import mmap
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from app.images.conversion.issues import ConversionError, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.metaimage import MetaImageHeader, write_metaimage
from app.images.conversion.model import ConvertedImage, Group
from app.images.conversion.non_dicom.claim import plain_frame
from app.images.conversion.non_dicom.picture import Picture, picture_of

Array = np.ndarray[Any, np.dtype[Any]]


def convert_flat(group: Group, output_dir: Path, *, limits: Limits) -> ConvertedImage:
    """Write a PNG, JPEG or TIFF picture; pages of a TIFF become slices. Raises DecodeFailed."""
    (file,) = group.files
    picture = picture_of(file, limits=limits)
    decoded = _decoded(file, picture)
    stored = next(decoded)
    first = _finished(stored, picture)
    spacing = _spacing(picture)
    frame = plain_frame(spacing)
    color = first.ndim == 3
    header = MetaImageHeader(
        size=(first.shape[1], first.shape[0], picture.pages)[: len(spacing)],
        spacing=frame.spacing,
        origin=frame.origin,
        axes=frame.axes,
        dtype=first.dtype,
        components=3 if color else 1,
        fields={} if color else {"PhotometricInterpretation": _photometric(picture)},
    )
    path = output_dir / f"{uuid.uuid4()}.mha"
    write_metaimage(path, header=header, blocks=_all(first, decoded, picture))
    return ConvertedImage(
        path=path,
        name=f"{group.format} image ({' x '.join(map(str, header.size))})",
        size=header.size,
        spacing=header.spacing,
        spacing_valid=not any(remark.code == "NoSpacing" for remark in picture.remarks),
        origin=header.origin,
        direction=tuple(value for axis in header.axes for value in axis),
        time_step=None,
        element_type=header.dtype.name,
        components=header.components,
        color_space="RGB" if color else "GRAY",
        modality="",
        window_center=None,
        window_width=None,
        photometric="RGB" if color else _photometric(picture),
        rescale_type="",
        sources=group.files,
        warnings=(*group.remarks, *picture.remarks, *_alpha(stored)),
    )


def _all(first: Array, others: Iterator[Array], picture: Picture) -> Iterator[Array]:
    yield first
    for values in others:
        yield _finished(values, picture)


def _photometric(picture: Picture) -> str:
    inverted = picture.page is not None and picture.page.inverted
    return "MONOCHROME1" if inverted else "MONOCHROME2"


def _spacing(picture: Picture) -> tuple[float, ...]:
    """Return mm per pixel of the upright picture, and 1 between pages."""
    x, y = picture.spacing or (1.0, 1.0)
    if any(remark.code == "NoSpacing" for remark in picture.remarks) and picture.pages == 1:
        x, y = 1.0, 1.0
    across = (y, x) if picture.orientation >= 5 else (x, y)
    return across if picture.pages == 1 else (*across, 1.0)


def _decoded(file: Path, picture: Picture) -> Iterator[Array]:
    """Yield the pages as they are stored, (y, x) or (y, x, channels)."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for index in range(picture.pages):
            try:
                values = _decode(data, picture, index)
            except (RuntimeError, ValueError, IndexError) as error:
                raise ConversionError(
                    "DecodeFailed", f"The {picture.format} file is damaged and cannot be read."
                ) from error
            if values.shape[:2] != (picture.height, picture.width):
                raise ConversionError(
                    "DecodeFailed", "The picture does not have the size it states."
                )
            yield values


def _decode(data: mmap.mmap, picture: Picture, index: int) -> Array:
    if picture.format == "PNG":
        return np.asarray(imagecodecs.png_decode(data))
    if picture.format == "JPEG":
        return np.asarray(imagecodecs.jpeg8_decode(data))
    values = np.asarray(imagecodecs.tiff_decode(data, index=index))
    if picture.page is not None and picture.page.colors:
        return _colored(values, picture.page.colors)
    return values.astype(np.uint8) * 255 if values.dtype == np.bool_ else values


def _colored(values: Array, colors: tuple[int, ...]) -> Array:
    """Look indices up; a palette of 8 bits written in 16 becomes one of 8 again."""
    palette = np.array(colors, dtype=np.uint16).reshape(3, 256).T
    if not (palette % 257).any():
        return (palette // 257).astype(np.uint8)[values]
    if not (palette & 0xFF).any():
        return (palette >> 8).astype(np.uint8)[values]
    return palette[values]


def _finished(values: Array, picture: Picture) -> Array:
    """Return a page upright and without transparency."""
    if _alpha(values):
        values = values[..., 0] if values.shape[2] == 2 else values[..., :3]
    return _upright(values, picture.orientation)


def _alpha(values: Array) -> tuple[Remark, ...]:
    if values.ndim == 3 and values.shape[2] in (2, 4):
        return (Remark("AlphaDropped", "The transparency channel was left out."),)
    return ()


def _upright(values: Array, orientation: int) -> Array:
    """Undo the camera's rotation (EXIF 2.3, tag 0x0112)."""
    if orientation in (5, 6, 7, 8):
        values = values.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    return values
