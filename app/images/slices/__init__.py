"""Slice packs:

one file per image from which any slice, at any resolution, is one short byte range. Pure.

`write_pack` makes one from a MetaImage file, `PackReader` reads one from a folder, `FarPack` over
HTTP, and `OnDemand` gives the slices of one that is not made yet.
"""

from app.images.slices.cache import BlockCache, DiskBlocks, FarFile, ReadAhead
from app.images.slices.errors import PackError, SourceError
from app.images.slices.far import FarPack
from app.images.slices.format import NO_LEVEL, PackInfo, Window
from app.images.slices.index import PackIndex, Span
from app.images.slices.ondemand import Described, Encoders, OnDemand
from app.images.slices.reader import PackReader
from app.images.slices.sources import CallableRange, HttpRange, LocalFile, RangeSource
from app.images.slices.writer import write_pack

__all__ = [
    "NO_LEVEL",
    "BlockCache",
    "CallableRange",
    "Described",
    "DiskBlocks",
    "Encoders",
    "FarFile",
    "FarPack",
    "HttpRange",
    "LocalFile",
    "OnDemand",
    "PackError",
    "PackIndex",
    "PackInfo",
    "PackReader",
    "RangeSource",
    "ReadAhead",
    "SourceError",
    "Span",
    "Window",
    "write_pack",
]
