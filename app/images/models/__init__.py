"""Images, their files, studies, imports and quarantine."""

from app.images.models.deidentification import DeidentificationSettings
from app.images.models.image import Image, ImageFile
from app.images.models.imports import Import, ImportFile, ImportImage
from app.images.models.quarantine import Quarantine
from app.images.models.study import Instance, Series, Study

__all__ = [
    "DeidentificationSettings",
    "Image",
    "ImageFile",
    "Import",
    "ImportFile",
    "ImportImage",
    "Instance",
    "Quarantine",
    "Series",
    "Study",
]
