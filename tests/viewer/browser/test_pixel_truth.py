"""What the viewer says and shows of real images is what SimpleITK says of their files.

Through the page alone: any plane is shown, and at places of its pane the viewer is asked where that
is (`probe`, `project`, the camera) and what is there. The images are imported by the product's own
conversion: oblique, anisotropic, over time, in color, of floats.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from django.conf import settings
from django.test import Client
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from app.accounts.models import User
from app.images.conversion import ConvertedImage
from app.images.conversion.child import run_conversion
from tests.chromium import CHROMIUM_ARGUMENTS, PROGRAM
from tests.data import DATA
from tests.factories.images import add_converted
from tests.sampling import CI
from tests.viewer.browser.camera import Camera
from tests.viewer.browser.reference import OUTSIDE, Lattice, Reference, Vector
from tests.viewer.live import web_server
from viewer.services.packs import make_pack

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sent"),
    pytest.mark.browser,
    pytest.mark.data,
    pytest.mark.slow,
]

COLUMNS, ROWS = 5, 4
OBLIQUE_PLANES = 6
TRIES = 6
"""Lattices of places on each plane; on that of a single picture there are more."""
FLAT_TRIES = 12
LEAST_INSIDE = 200
"""Places inside the image that are read at least."""
SPREADS = (0.5, 0.08)
"""Parts of the pane that the picture is looked at in: the small one lies within thin volumes."""
ORIENTATIONS = ("stored", "axial", "coronal", "sagittal")
MM = 0.01
GREY_LEVELS = 3
TIE = 1e-4
"""So near to the border of two voxels, in voxels, either of them is right."""


@dataclass(frozen=True)
class Case:
    """A real image: files below the data folder, and which of their images is meant."""

    source: str
    format: str = ""
    timepoint: int = 0
    flat: bool = False


CASES = {
    "axial CT": Case("ct_axial_philips"),
    "sagittal MR": Case("mr_t1_sagittal_HFS"),
    "oblique MR": Case("nrrd_mha/example3d.nrrd"),
    "anisotropic MR": Case("mr_anisotropic_pixels", format="MR"),
    "floats": Case("enhanced_mr_philips", format="MR"),
    "oblique over time": Case("nifti/example4d.nii.gz", timepoint=1),
    "over time": Case("mr_4d_ge_fmri", format="MR", timepoint=7),
    "color": Case("us_rgb/US1_UNCR.dcm", flat=True),
}


SAMPLE = ("oblique MR", "anisotropic MR", "color")
"""What CI looks at; `make accept ISSUE=pixel-truth` looks at all."""
CHOSEN = SAMPLE if CI else tuple(CASES)


@contextmanager
def page_of(cookie: str) -> Iterator[Page]:
    """A page of a signed-in reader. It brings an event loop: no database while it is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=PROGRAM,
            args=CHROMIUM_ARGUMENTS,
        )
        context = browser.new_context(viewport={"width": 900, "height": 700})
        name, value = cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": "http://127.0.0.1"}])
        try:
            yield context.new_page()
        finally:
            browser.close()


def cookie_of(user: User) -> str:
    signed_in = Client()
    signed_in.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={signed_in.cookies[name].value}"


def convert(case: Case, folder: Path) -> ConvertedImage:
    assert DATA is not None
    source = DATA / case.source
    report = run_conversion({source.name: source} if source.is_file() else source, folder)
    images = [image for image in report.images if image.name.startswith(case.format)]
    assert images, report.issues
    return images[0]


class Shown:
    """The viewer on a page with one pane."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.page.evaluate(
            """async () => {
                const late = performance.now() + 60000;
                while (!window.hounsfieldViewer?.panes?.[0]?.complete) {
                    if (performance.now() > late) throw new Error("No picture came.");
                    await new Promise((resolve) => setTimeout(resolve, 50));
                }
            }"""
        )

    def show(self, **plane: Any) -> Camera:
        """Show a plane, wait until it is there in full, and return the camera."""
        found = self.page.evaluate(
            """async (plane) => {
                const viewer = window.hounsfieldViewer;
                viewer.show(0, plane);
                await viewer.whenComplete();
                const [pane] = viewer.panes;
                const asked = plane.interpolation;
                if (pane.interpolation !== asked) {
                    const told = JSON.stringify([viewer.connection, viewer.timings, pane]);
                    throw new Error(`It is ${pane.interpolation}, not ${asked}: ${told}`);
                }
                return { camera: pane.camera, middle: viewer.project(0, pane.camera.focalPoint) };
            }""",
            plane,
        )
        return Camera(**found)

    def probe(self, points: list[tuple[float, float]]) -> list[dict[str, Any] | None]:
        """What the viewer says of points of the pane, and where it would draw that place."""
        found: list[dict[str, Any] | None] = self.page.evaluate(
            """(points) => points.map(([x, y]) => {
                const viewer = window.hounsfieldViewer;
                const found = viewer.probe(0, x, y);
                return found && { ...found, drawnAt: viewer.project(0, found.world) };
            })""",
            [list(point) for point in points],
        )
        return found

    def windowed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The shades, 0 to 255, of values in the pane's window (PS3.3 C.11.2.1.3.2)."""
        window = self.page.evaluate("window.hounsfieldViewer.panes[0].window")
        low = window["center"] - window["width"] / 2
        return np.clip((values - low) / window["width"], 0, 1) * 255

    def picture(self) -> NDArray[np.int64]:
        """The pane as the screen shows it, (y, x, rgb)."""
        shot = self.page.locator(".hv-stage").first.screenshot(caret="initial")
        return np.asarray(imagecodecs.png_decode(shot))[..., :3].astype(int)


def check_picture(shown: Shown, camera: Camera, reference: Reference) -> int:
    """The middle of the picture is the windowed image, to half a pixel and a few grey levels.

    Returns how many places were looked at; graphics hardware interpolates with eight bits or so.
    """
    picture = shown.picture()
    return sum(_looked_at(shown, camera, reference, picture, spread) for spread in SPREADS)


def _looked_at(
    shown: Shown, camera: Camera, reference: Reference, picture: NDArray[np.int64], spread: float
) -> int:
    pane = np.array([camera.width, camera.height])
    start = np.floor((1 - spread) / 2 * pane) + 0.5
    step = np.maximum(1, np.floor(spread * pane / [COLUMNS, ROWS]))
    half = 0.5 * camera.mm_per_pixel
    shades = []
    for right, up in ((0, 0), (half, half), (half, -half), (-half, half), (-half, -half)):
        origin = camera.world(*start) + right * camera.right + up * camera.up
        across = camera.right * step[0] * camera.mm_per_pixel
        down = -camera.up * step[1] * camera.mm_per_pixel
        values = reference.resampled(Lattice(origin, across, down, COLUMNS, ROWS), linear=True)
        shades.append(np.where(values == OUTSIDE, np.nan, shown.windowed(values)))
    spots = [start + [i, j] * step for j in range(ROWS) for i in range(COLUMNS)]
    drawn = np.array([picture[int(y), int(x)] for x, y in spots])
    inside = ~np.isnan(shades).any(axis=(0, 2))
    low, high = np.min(shades, axis=0) - GREY_LEVELS, np.max(shades, axis=0) + GREY_LEVELS
    right = (drawn >= low) & (drawn <= high)
    assert right[inside].all(), (drawn[inside], low[inside], high[inside])
    return int(inside.sum())


def lattice_of(camera: Camera, chance: np.random.Generator) -> tuple[Lattice, list[Any]]:
    """Places around the middle of the pane at random steps, and the points that they are.

    The farther they reach, the more of them lie beyond a thin volume.
    """
    pane = np.array([camera.width, camera.height])
    step = (
        pane / [COLUMNS, ROWS] * chance.choice([0.95, 0.3, 0.08, 0.02]) * chance.uniform(0.7, 1, 2)
    )
    start = (pane - step * [COLUMNS - 1, ROWS - 1]) / 2 + chance.uniform(-0.2, 0.2, 2) * step
    points = [
        (float(start[0] + i * step[0]), float(start[1] + j * step[1]))
        for j in range(ROWS)
        for i in range(COLUMNS)
    ]
    across = camera.right * step[0] * camera.mm_per_pixel
    down = -camera.up * step[1] * camera.mm_per_pixel
    return Lattice(camera.world(*points[0]), across, down, COLUMNS, ROWS), points


def planes_of(
    reference: Reference, chance: np.random.Generator, *, flat: bool
) -> Iterator[dict[str, Any]]:
    """The usual orientations through random places, then planes at any angle."""

    def focus() -> list[float]:
        share = chance.uniform(0.25, 0.75, 3)
        return reference.world(share * (reference.size - 1)).tolist()

    for orientation in ORIENTATIONS[: 1 if flat else None]:
        yield {"orientation": orientation, "focalPoint": focus()}
    for _ in range(0 if flat else OBLIQUE_PLANES):
        turned, _ = np.linalg.qr(chance.normal(size=(3, 3)))
        yield {"normal": turned[:, 0].tolist(), "up": turned[:, 1].tolist(), "focalPoint": focus()}


def check_place(found: dict[str, Any], point: Any, expected: Vector, reference: Reference) -> None:
    """A reading is of the place that the camera draws there, and of the voxel that lies there."""
    world = np.array(found["world"])
    np.testing.assert_allclose(world, expected, atol=MM)
    np.testing.assert_allclose(found["drawnAt"], point, atol=0.05)
    off = (np.array(found["voxel"]) - reference.continuous(world)) * reference.spacing
    assert np.abs(off).max() <= MM, (found, reference.continuous(world))


def check_values(found: list[Any], lattice: Lattice, reference: Reference, *, linear: bool) -> int:
    """Values are SimpleITK's; return how many places lay within the image.

    Of a voxel the value is the very same one. Of an interpolated value the last bits depend on the
    order in which it is reckoned: one part in a million, that is less than 0.01 HU.
    """
    inside = 0
    wanted = reference.resampled(lattice, linear=linear)
    for reading, place, value in zip(found, lattice.places(), wanted, strict=True):
        index = reference.continuous(place)
        from_border = np.minimum(index + 0.5, reference.size - 0.5 - index).min()
        if from_border < -TIE:
            assert reading is None or reading["value"] is None, (reading, index)
        if from_border <= TIE:
            continue
        inside += 1
        assert reading is not None, index
        assert reading["exact"], reading
        if not linear and np.abs(index - np.floor(index) - 0.5).min() < TIE:
            continue
        assert OUTSIDE not in value
        allowed = {"rtol": 1e-6, "atol": 1e-6} if linear else {"rtol": 0, "atol": 0}
        np.testing.assert_allclose(np.atleast_1d(reading["value"]), value, **allowed)
    return inside


def check_lattice(
    shown: Shown,
    camera: Camera,
    reference: Reference,
    chance: np.random.Generator,
    *,
    linear: bool,
) -> int:
    """Read the places of a lattice; return how many of them lay within the image."""
    lattice, points = lattice_of(camera, chance)
    found = shown.probe(points)
    for reading, point, place in zip(found, points, lattice.places(), strict=True):
        if reading is not None:
            check_place(reading, point, place, reference)
    return check_values(found, lattice, reference, linear=linear)


@pytest.mark.parametrize("name", CHOSEN)
def test_readings_are_those_of_simpleitk(
    name: str, reader: User, media: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    converted = convert(case, tmp_path / "converted")
    reference = Reference(converted.path, timepoint=case.timepoint)
    image = add_converted(converted, owner=reader)
    make_pack(image.pk)
    chance = np.random.default_rng(list(CASES).index(name))
    cookie, inside, drawn = cookie_of(reader), 0, 0
    with web_server(media, log=tmp_path / "web.log") as site, page_of(cookie) as page:
        shown = Shown(page)
        shown.open(f"{site}/view/image/{image.pk}/")
        for plane in planes_of(reference, chance, flat=case.flat):
            for linear in (False, True):
                camera = shown.show(
                    **plane,
                    timepoint=case.timepoint,
                    interpolation="linear" if linear else "nearest",
                )
                for _ in range(FLAT_TRIES if case.flat else TRIES):
                    inside += check_lattice(shown, camera, reference, chance, linear=linear)
            drawn += check_picture(shown, camera, reference)
    assert inside >= LEAST_INSIDE
    assert drawn >= (10 if case.flat else 100)
