"""The values that occur in a segmentation."""

from app.core.scratch import scratch_folder
from app.core.storage import get_store
from app.images.models import Image, ImageFile
from app.images.services.summary import summarize


def labels_of(image: Image) -> list[int] | None:
    """Return every value that occurs, or None where they are too many or no whole numbers.

    Images know it since they were stored; of older ones the file is read once more. None too for
    images without a MetaImage file, such as slides: nobody counted theirs.
    """
    histogram = image.metadata.get("histogram") or {}
    if "values" not in histogram:
        file = image.files.filter(kind=ImageFile.Kind.MHA).first()
        if file is None:
            return None
        with scratch_folder("labels") as folder:
            path = folder / "image.mha"
            get_store().fetch_to(file.key, path=path)
            histogram = summarize(path).histogram or {}
    found: list[int] | None = histogram.get("values")
    return found
