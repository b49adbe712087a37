"""Images, their files, and imports."""

from app.images.models.image import Image, ImageFile
from app.images.models.imports import Import, ImportFile, ImportImage
from app.images.models.instance import ImageInstance

__all__ = ["Image", "ImageFile", "ImageInstance", "Import", "ImportFile", "ImportImage"]
