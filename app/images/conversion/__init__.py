"""Turn uploaded files into MetaImage volumes: never silently wrong, rather a named error.

No Django in here. `scan` sorts files into groups, `convert` makes one image of a group,
`archives.unpack` opens archives; `child.run_conversion` does all three in a process of its own with
limits, which is how hostile files are to be handled. Geometry is LPS mm.
"""

from app.images.conversion.converting import convert
from app.images.conversion.issues import CODES, Code, ConversionError, FileIssue, Remark
from app.images.conversion.limits import Limits
from app.images.conversion.model import ConvertedImage, Group, ScanResult
from app.images.conversion.options import Options
from app.images.conversion.scanning import scan
from app.images.conversion.sniff import is_archive

__all__ = [
    "CODES",
    "Code",
    "ConversionError",
    "ConvertedImage",
    "FileIssue",
    "Group",
    "Limits",
    "Options",
    "Remark",
    "ScanResult",
    "convert",
    "is_archive",
    "scan",
]
