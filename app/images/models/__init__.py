"""Images, their files, and imports."""

from app.images.models.image import Image, ImageFile
from app.images.models.imports import Import, ImportFile

__all__ = ["Image", "ImageFile", "Import", "ImportFile"]
