"""What can go wrong while identifying information is removed, by stable code."""

from __future__ import annotations

CODES: dict[str, str] = {
    "NotDicom": "Export the file again from its source; it is not a DICOM data set.",
    "Unreadable": "Export the file again; it cannot be read to its end.",
    "Unwritable": "Export the file again; what is left of it cannot be written as DICOM.",
    "UnsupportedFormat": "Save the image in a format that the portal takes.",
    "NoPixels": "Nothing to mask: this object carries no pixels.",
    "DecodeFailed": "Export the image uncompressed (Explicit VR Little Endian).",
    "OutsideImage": "Draw the rectangles inside the picture.",
    "TooLarge": "Split the image, or ask the administrator for more room.",
}


class DeidentificationError(Exception):
    """A file cannot be de-identified; `message` names the cause and never carries its values."""

    def __init__(self, code: str, message: str) -> None:
        if code not in CODES:
            raise ValueError(f"{code} is no code of de-identification")
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def advice(self) -> str:
        """Return what a person can do about it."""
        return CODES[self.code]
