"""Slice packs:

one file per image from which any slice, at any resolution, is one short byte range. Pure.

`write_pack` makes one from a MetaImage file, `PackReader` reads one from a folder or over HTTP.
"""

from app.images.slices.errors import PackError, SourceError
from app.images.slices.format import NO_LEVEL, PackInfo, Window
from app.images.slices.reader import PackReader
from app.images.slices.sources import CachedSource, CallableRange, HttpRange, LocalFile, RangeSource
from app.images.slices.writer import write_pack

__all__ = [
    "NO_LEVEL",
    "CachedSource",
    "CallableRange",
    "HttpRange",
    "LocalFile",
    "PackError",
    "PackInfo",
    "PackReader",
    "RangeSource",
    "SourceError",
    "Window",
    "write_pack",
]
