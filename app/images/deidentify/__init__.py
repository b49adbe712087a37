"""Take what identifies people out of image files. No Django in here.

DICOM goes by PS3.15 Annex E: a table of attributes, *default remove* for all others, pseudonyms by
HMAC under a secret. `deidentify_file` copies a file, `deidentify` works on a data set in place;
`burned_in_risk` tells when a person has to look at the pixels and `mask` blackens what they find.
`strip_picture` does it for JPEG and PNG files that are kept as files. Images of other formats need
none of it: the converter takes pixels and geometry and writes a header of its own.
"""

from app.images.deidentify.burned_in import RISKS, burned_in_risk
from app.images.deidentify.core import deidentify, deidentify_file, write_deidentified
from app.images.deidentify.errors import CODES, DeidentificationError
from app.images.deidentify.masking import Rectangle, mask
from app.images.deidentify.pictures import strip_picture
from app.images.deidentify.profile import OPTIONS, Profile
from app.images.deidentify.report import REASONS, Report, merged
from app.images.deidentify.rules import TABLE_EDITION

Secret = bytes

__all__ = [
    "CODES",
    "OPTIONS",
    "REASONS",
    "RISKS",
    "TABLE_EDITION",
    "DeidentificationError",
    "Profile",
    "Rectangle",
    "Report",
    "Secret",
    "burned_in_risk",
    "deidentify",
    "deidentify_file",
    "mask",
    "merged",
    "strip_picture",
    "write_deidentified",
]
