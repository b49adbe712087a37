"""A second decoder for JPEG frames pydicom's plug-ins refuse (12 bit extended JPEG mostly)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1

from app.images.conversion.dicom.frame import Instance

Array = np.ndarray[Any, np.dtype[Any]]
_LOSSLESS = frozenset({str(JPEGLossless), str(JPEGLosslessSV1)})
_LOSSY = frozenset({str(JPEGBaseline8Bit), str(JPEGExtended12Bit)})
_GRAY = frozenset({"MONOCHROME1", "MONOCHROME2"})


def encapsulated_frame(instance: Instance, dataset: Dataset, index: int) -> bytes:
    """Return the compressed bytes of one frame; raises what pydicom raises on damage."""
    offsets = dataset.get("ExtendedOffsetTable")
    lengths = dataset.get("ExtendedOffsetTableLengths")
    return get_frame(
        dataset.PixelData,
        index,
        number_of_frames=instance.frame_count,
        extended_offsets=(offsets, lengths) if offsets and lengths else None,
    )


def decode_elsewhere(instance: Instance, dataset: Dataset, index: int) -> Array | None:
    """Return the frame as stored values, None when this decoder cannot help either."""
    if instance.format.photometric not in _GRAY or instance.syntax not in _LOSSLESS | _LOSSY:
        return None
    import imagecodecs  # only needed here, and slow to import

    try:
        data = encapsulated_frame(instance, dataset, index)
        if instance.syntax in _LOSSLESS:
            values = imagecodecs.ljpeg_decode(data)
        else:
            values = imagecodecs.jpeg_decode(data)
    except Exception:  # noqa: BLE001 (the caller reports the first decoder's error)
        return None
    found = np.asarray(values)
    if found.shape != (instance.format.rows, instance.format.columns):
        return None
    signed = "i" if instance.format.signed else "u"
    return found.astype(np.dtype(f"<{signed}{instance.format.bits_allocated // 8}"))
