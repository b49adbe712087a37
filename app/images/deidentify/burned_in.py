"""Images that often have names written into their pixels."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset

_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_ULTRASOUND: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.3",
        "1.2.840.10008.5.1.4.1.1.3.1",
        "1.2.840.10008.5.1.4.1.1.6",
        "1.2.840.10008.5.1.4.1.1.6.1",
        "1.2.840.10008.5.1.4.1.1.6.2",
        "1.2.840.10008.5.1.4.1.1.6.3",
    }
)
_CAPTURED: Final = frozenset({"WSD", "DV", "DI", "DF", "DRW", "SD", "SI"})
"""Workstation, video, digital interface, film, drawing, scanned document and scanned image."""
RISKS: Final[dict[str, str]] = {
    "BurnedInAnnotation": "The file says that something is written into the picture.",
    "ScreenSave": "The image is a picture of a screen.",
    "SecondaryCapture": "The image was captured from a screen, a film or a document.",
    "Ultrasound": "Ultrasound machines write names and dates into the picture.",
}
"""Reason code -> a sentence for people."""


def burned_in_risk(dataset: Dataset) -> str:
    """Return why a person should look at the pixels (a key of `RISKS`), empty when nothing says so.

    Whoever says that nothing is burned in is not believed about captures and ultrasound: the
    attribute is often set without a look.
    """
    labelled = _text(dataset, "SpecimenLabelInImage") == "YES"
    if labelled or _text(dataset, "BurnedInAnnotation") == "YES":
        return "BurnedInAnnotation"
    kinds = "\\".join(_texts(dataset, "ImageType"))
    if "SCREEN" in kinds:
        return "ScreenSave"
    sop_class = _text(dataset, "SOPClassUID")
    captured = sop_class == _SECONDARY_CAPTURE or sop_class.startswith(f"{_SECONDARY_CAPTURE}.")
    if captured or _text(dataset, "ConversionType") in _CAPTURED:
        return "SecondaryCapture"
    if sop_class in _ULTRASOUND or _text(dataset, "Modality") in {"US", "IVUS"}:
        return "Ultrasound"
    return ""


def _text(dataset: Dataset, keyword: str) -> str:
    return next(iter(_texts(dataset, keyword)), "")


def _texts(dataset: Dataset, keyword: str) -> list[str]:
    try:
        value = dataset.get(keyword)
        parts = [value] if value is None or isinstance(value, str) else list(value)
        return [str(part or "").strip(" \0").upper() for part in parts]
    except Exception:  # noqa: BLE001 (pydicom raises many kinds on hostile input)
        return []
