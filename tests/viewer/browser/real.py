"""Real images for two people: an archive of what a scanner gave, oblique and anisotropic.

Taken in by the product's own conversion. Without the folder of real images there is none of it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.data import DATA

#: Name of a place: files below the data folder, and how the name of the image meant begins.
SOURCES = {
    "oblique": ("nrrd_mha/example3d.nrrd", ""),
    "anisotropic": ("mr_anisotropic_pixels", "MR"),
}


def real_places(*, reader: Any, colleague: Any) -> dict[str, str]:
    """Cases of real images in an archive that both people edit: their addresses in the viewer."""
    from app.accounts.services import grant_role
    from archives.policies import ARCHIVES
    from tests.factories.archives import make_archive, make_item

    if DATA is None:
        return {}
    archive = make_archive(editor=reader, title="Real images")
    items = {
        name: make_item(archive, title=name, image=_image(DATA / source, begins, owner=reader))
        for name, (source, begins) in SOURCES.items()
    }
    grant_role(ARCHIVES, actor=reader, obj=archive, user=colleague, role="EDITOR")
    return {name: f"/view/archive-item/{item.pk}/" for name, item in items.items()}


def _image(source: Path, begins: str, *, owner: Any) -> Any:
    from app.images.conversion.child import run_conversion
    from tests.factories.images import add_converted
    from viewer.services.packs import make_pack

    with tempfile.TemporaryDirectory() as folder:
        report = run_conversion(
            {source.name: source} if source.is_file() else source, Path(folder) / "converted"
        )
        converted = next(image for image in report.images if image.name.startswith(begins))
        image = add_converted(converted, owner=owner)
    make_pack(image.pk)
    return image
