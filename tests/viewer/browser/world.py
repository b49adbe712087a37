"""What there is to read, made in the desk's own database by a process of its own.

``python -m tests.viewer.browser.world`` prints the addresses and the reader's cookie as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import django
import numpy as np
import SimpleITK
from django.core.management import call_command
from numpy.typing import NDArray

from tests.data import DATA
from tests.viewer.browser import heads

PROSTATE = [
    {"viewport_name": "main", "x": 0, "y": 0, "w": 2, "h": 2, "label": "T2"},
    {
        "viewport_name": "secondary",
        "x": 2,
        "y": 0,
        "w": 1,
        "h": 1,
        "label": "ADC",
        "orientation": "coronal",
        "slice_plane_indicator": "main",
    },
    {
        "viewport_name": "tertiary",
        "x": 2,
        "y": 1,
        "w": 1,
        "h": 1,
        "label": "DWI",
        "relative_start_position": 0.25,
    },
    {
        "viewport_name": "map",
        "x": 0,
        "y": 1,
        "w": 1,
        "h": 1,
        "specialized_view": "minimap",
        "parent_id": "main",
        "order": 1,
    },
]
DEPTH, HEIGHT, WIDTH = 40, 96, 96
TIMES = 6
PAINTED = "painted"
"""The place of an oblique image to paint on, where this machine has real ones."""


def painted_picture(folder: Path) -> SimpleITK.Image:
    """A grey picture of whole numbers, (x, y, z), read by SimpleITK alone."""
    path = folder / "nrrd_mha" / "example3d.nrrd"
    return SimpleITK.Cast(SimpleITK.ReadImage(str(path)), SimpleITK.sitkInt16)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    call_command("migrate", verbosity=0)
    json.dump(_build(), sys.stdout)


def _build() -> dict[str, str]:
    from app.images.phantom import generate
    from app.sockets.selectors import medical_image_socket, segmentation_socket
    from app.sockets.services import ensure_socket
    from tests.factories.accounts import UserFactory
    from tests.factories.archives import make_archive
    from tests.viewer.browser.real import real_places
    from viewer.services import save_preferences

    reader = UserFactory(username="reader")
    colleague = UserFactory(username="colleague")
    members = {"EDITOR": colleague}
    archive = make_archive(editor=reader, members=members, title="Thorax CT for reading")
    images, masks = medical_image_socket(), segmentation_socket()
    second = ensure_socket(
        slug="second-image", title="Follow-up", kind="IMG", relative_path="images/second"
    )
    heat = ensure_socket(
        slug="likelihood", title="Likelihood", kind="HMAP", relative_path="images/likelihood"
    )
    make = _Maker(reader, archive)
    phantom = generate(seed=3, shape=(DEPTH, HEIGHT, WIDTH), nodules=3)
    geometry = {"spacing": phantom.geometry.spacing, "origin": phantom.geometry.origin}
    ct = {"modality": "CT", "window_center": 40.0, "window_width": 400.0}
    places = {"archive": str(archive.pk), "cookie": _cookie_of(reader)}
    places["colleague_cookie"] = _cookie_of(colleague)
    thorax = make.image(phantom.volume, **geometry, **ct)
    places["ct"] = make.case("CT", {images: thorax})
    # Marks that somebody left would be in the way of a mouse that scrolls.
    places["marks"] = make.case("CT with marks", {images: thorax})
    nodules = _numbered(phantom.truth)
    places["overlays"] = make.case(
        "CT with overlays",
        {
            images: make.image(phantom.volume, **geometry, **ct),
            masks: make.image(nodules, **geometry, metadata=_counted(nodules)),
            heat: make.image(_likelihood(phantom.truth), **geometry),
        },
    )
    follow_up = generate(seed=4, shape=(DEPTH // 2, HEIGHT, WIDTH), nodules=1)
    places["two"] = make.case(
        "Two examinations",
        {
            images: make.image(phantom.volume, **geometry, **ct),
            second: make.image(follow_up.volume, spacing=follow_up.geometry.spacing, **ct),
        },
    )
    places["time"] = make.case("Perfusion", {images: make.image(_beating(), modality="MR")})
    floats = make.image(_real_numbers(phantom.volume), **geometry, modality="MR")
    places["floats"] = make.case("Diffusion", {images: floats})
    places["photo"] = make.case("Photograph", {images: make.image(_photo(), modality="XC")})
    places |= _painted(make)
    # What one test left on the screen is not what the next one begins with.
    for person in (reader, colleague):
        save_preferences(user=person, settings={"remember_layout": False})
    places |= real_places(reader=reader, colleague=colleague)
    places |= _hanging(phantom, geometry)
    return places | _studies(make, phantom, {**geometry, **ct})


def _painted(make: _Maker) -> dict[str, str]:
    """An image to paint on, where this machine has it."""
    from app.sockets.selectors import medical_image_socket
    from tests.data import DATA

    if DATA is None:
        return {}
    image = make.picture(painted_picture(DATA), modality="MR")
    return {PAINTED: make.case(PAINTED, {medical_image_socket(): image})}


def _studies(make: _Maker, phantom: Any, fields: dict[str, Any]) -> dict[str, str]:
    """Reader studies on two images, one of them mirrored."""
    from tests.viewer.browser.studies import make_studies

    arrays = [phantom.volume, np.flip(phantom.volume, axis=2).copy()]
    return make_studies([make.image(array, **fields) for array in arrays], _cookie_of)


def _hanging(phantom: Any, geometry: dict[str, Any]) -> dict[str, str]:
    """Two cases of three sequences with a segmentation, in the archive of an editor."""
    from app.sockets.services import ensure_socket
    from tests.factories.archives import make_archive
    from tests.factories.hanging import SEQUENCES, make_protocol, verified
    from viewer.services import change_viewing

    editor = verified(username="editor")
    archive = make_archive(editor=editor, title="Prostate")
    make = _Maker(editor, archive)
    sockets = [
        ensure_socket(slug=slug, title=slug.upper(), kind=kind, relative_path=f"images/{slug}")
        for slug, kind in SEQUENCES.items()
    ]
    truth = phantom.truth.astype(np.uint8)
    found: dict[str, str] = {}
    for number in (1, 2):
        pictures = [np.flip(phantom.volume, axis=axis).copy() for axis in (1, 2)]
        arrays = [phantom.volume, *pictures, truth]
        values = {
            socket: make.image(array, name=socket.title, modality="MR", **geometry)
            for socket, array in zip(sockets, arrays, strict=True)
        }
        found[f"prostate{number}"] = make.case(f"Patient {number}", values)
    protocol = make_protocol(creator=editor, title="Prostate", json=PROSTATE)
    other = make_protocol("main", creator=editor, title="T2 alone")
    change_viewing(
        actor=editor,
        target=archive,
        hanging_protocol=protocol,
        optional_hanging_protocols=[other],
        view_content={"main": ["t2", "lesions"], "secondary": ["adc"], "tertiary": ["dwi"]},
        viewer_configuration=None,
    )
    found |= {"editor_cookie": _cookie_of(editor), "protocol": str(protocol.pk)}
    return found if DATA is None else {**found, "head": _head(editor)}


def _head(editor: Any) -> str:
    """A real case: three sequences of heads with a segmentation."""
    from app.sockets.services import ensure_socket, json_value
    from tests.factories.archives import make_archive
    from tests.factories.hanging import make_protocol
    from viewer.services import change_viewing

    kinds = dict.fromkeys(heads.SOURCES, "IMG") | {"tissue": "SEG"}
    segments = [
        {"voxel_value": label, "name": name, "visible": True}
        for label, name in heads.LABELS.items()
    ]
    archive = make_archive(editor=editor, title="Heads")
    pictures = heads.sequences(editor)
    values = {}
    for slug, kind in kinds.items():
        more = {"segments": segments} if kind == "SEG" else {}
        path = f"images/{slug}"
        socket = ensure_socket(slug=slug, title=slug.upper(), kind=kind, relative_path=path, **more)
        values[socket] = pictures[slug]
    motion = ensure_socket(slug="motion", title="Motion", kind="CHART", relative_path="motion.json")
    change_viewing(
        actor=editor,
        target=archive,
        hanging_protocol=make_protocol(creator=editor, title="Head", json=heads.PROTOCOL),
        optional_hanging_protocols=[],
        view_content=heads.CONTENT,
        viewer_configuration=None,
    )
    chart = json_value(socket=motion, value=heads.MOTION)
    return _Maker(editor, archive).case("Head MR", values, chart)


class _Maker:
    """Stores images with their slice packs, and cases of an archive."""

    def __init__(self, owner: Any, archive: Any) -> None:
        self.owner = owner
        self.archive = archive

    def case(self, title: str, values: dict[Any, Any], *others: Any) -> str:
        from app.sockets.services import image_value
        from archives.services import add_item

        held = [image_value(socket=socket, image=image) for socket, image in values.items()]
        held += others
        item = add_item(actor=self.owner, archive=self.archive, title=title, values=held)
        return f"/view/archive-item/{item.pk}/"

    def picture(self, picture: SimpleITK.Image, **fields: Any) -> Any:
        """A picture of SimpleITK with the place it has in the patient."""
        return self.image(
            SimpleITK.GetArrayFromImage(picture),
            spacing=picture.GetSpacing(),
            origin=picture.GetOrigin(),
            direction=picture.GetDirection(),
            **fields,
        )

    def image(self, array: NDArray[Any], **fields: Any) -> Any:
        """An array (t, z, y, x), (z, y, x) or (z, y, x, rgb) as a stored image."""
        from app.images.models import Image, Import
        from viewer.services.packs import make_pack

        source = Import.objects.create(owner=self.owner, destination="test")
        color = array.shape[-1] == 3
        spatial = array.shape[:-1] if color else array.shape
        spacing = list(fields.pop("spacing", (1.0, 1.0, 1.0)))
        origin = list(fields.pop("origin", (0.0, 0.0, 0.0)))
        straight = np.eye(len(spatial)).ravel().tolist()
        image = Image.objects.create(
            name=fields.pop("name", "Thorax"),
            size=list(spatial[::-1]),
            spacing=spacing + [1.0] * (len(spatial) - 3),
            origin=origin + [0.0] * (len(spatial) - 3),
            direction=list(fields.pop("direction", straight)),
            element_type=str(array.dtype),
            source=source,
            **fields,
        )
        self._store(image, array, color=color)
        make_pack(image.pk)
        return image

    def _store(self, image: Any, array: NDArray[Any], *, color: bool) -> None:
        from app.core.ids import new_id
        from app.core.storage import get_store
        from app.images.models import ImageFile

        picture = SimpleITK.GetImageFromArray(array, isVector=color)
        picture.SetSpacing(image.spacing)
        picture.SetOrigin(image.origin)
        picture.SetDirection(image.direction)
        file_id: UUID = new_id()
        key = f"images/{image.pk}/{file_id}.mha"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "image.mha"
            SimpleITK.WriteImage(picture, str(path), True)
            size = get_store().put_file(path, key=key).size
        kind = ImageFile.Kind.MHA
        ImageFile.objects.create(id=file_id, image=image, kind=kind, key=key, size=size)


def _numbered(truth: NDArray[Any]) -> NDArray[np.uint8]:
    """A label for each nodule."""
    parts = SimpleITK.ConnectedComponent(SimpleITK.GetImageFromArray((truth > 0).astype(np.uint8)))
    return SimpleITK.GetArrayFromImage(parts).astype(np.uint8)


def _counted(labels: NDArray[np.uint8]) -> dict[str, Any]:
    """What an import notes of a label map."""
    return {"histogram": {"values": [int(label) for label in np.unique(labels)]}}


def _likelihood(truth: NDArray[Any]) -> NDArray[np.float32]:
    """A soft hill over each nodule, from 0 to 1."""
    smooth = SimpleITK.DiscreteGaussian(
        SimpleITK.GetImageFromArray((truth > 0).astype(np.float32)), 9.0
    )
    values = SimpleITK.GetArrayFromImage(smooth)
    return np.asarray(values / values.max(), dtype=np.float32)


def _beating() -> NDArray[np.uint16]:
    """A ball that grows with time, (t, z, y, x)."""
    z, y, x = np.mgrid[-8:8, -32:32, -32:32]
    distance = np.sqrt((2 * z) ** 2 + y**2 + x**2)
    frames = [np.clip(900 - 40 * (distance - 8 - 2 * t), 60, 900) for t in range(TIMES)]
    return np.stack(frames).astype(np.uint16)


def _real_numbers(volume: NDArray[Any]) -> NDArray[np.float32]:
    """The phantom as small fractions, with a hole that is not a number."""
    values = volume.astype(np.float32) / 1e6
    values[:, :4, :4] = np.nan
    return np.asarray(values)


def _photo() -> NDArray[np.uint8]:
    """One color picture, (1, y, x, rgb)."""
    y, x = np.mgrid[:120, :160]
    return np.stack([x, 2 * y, 255 - x], axis=-1).astype(np.uint8)[None]


def _cookie_of(user: Any) -> str:
    from django.conf import settings
    from django.test import Client

    from tests.factories.accounts import sign_in

    return str(sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value)


if __name__ == "__main__":
    main()
