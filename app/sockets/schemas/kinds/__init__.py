"""The kinds of sockets: what a value of each must look like.

Keys and labels are those of the public grand-challenge API, because clients exist. A new kind is a
file here and its name in the list below.
"""

from collections.abc import Mapping

from app.sockets.schemas.kinds import (
    affine,
    angles,
    biom,
    boxes,
    chart,
    choices,
    csv_table,
    distances,
    ellipses,
    images,
    lines,
    mesh,
    newick,
    pdf,
    points,
    polygons,
    scalars,
    sqreg,
    three_point_angles,
    thumbnails,
    video,
    zip_archive,
)
from app.sockets.schemas.kinds.base import Display, SocketKind, SuperKind

_FAMILIES = (
    images,
    scalars,
    choices,
    chart,
    boxes,
    distances,
    points,
    polygons,
    lines,
    angles,
    three_point_angles,
    ellipses,
    affine,
    pdf,
    thumbnails,
    csv_table,
    zip_archive,
    video,
    mesh,
    newick,
    biom,
    sqreg,
)
KINDS: Mapping[str, SocketKind] = {kind.key: kind for family in _FAMILIES for kind in family.KINDS}


def get_kind(key: str) -> SocketKind:
    """Return the kind with this key; raise ``KeyError`` for an unknown one."""
    return KINDS[key]


__all__ = ["KINDS", "Display", "SocketKind", "SuperKind", "get_kind"]
