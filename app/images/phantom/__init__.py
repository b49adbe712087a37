"""Thorax CT phantoms with known nodules: data for demonstrations, tests and training.

No Django in here. `generate` draws one, `write_dicom_series` and `write_mask` put it on disk.
"""

from app.images.phantom.generating import Phantom, generate
from app.images.phantom.geometry import Geometry
from app.images.phantom.nodules import Nodule
from app.images.phantom.writing import write_dicom_series, write_mask

__all__ = ["Geometry", "Nodule", "Phantom", "generate", "write_dicom_series", "write_mask"]
