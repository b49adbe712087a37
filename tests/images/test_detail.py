"""The page of an image: geometry, values and provenance, right for every kind of image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from django.test import Client

from app.accounts.models import User
from app.images.conversion import convert, scan
from app.images.geometry import leads_to, plane_of
from app.images.histogram import HEIGHT, WIDTH, chart_of, number
from app.images.models import Image, Import, ImportFile
from app.images.services.storing import publish_image, store_image
from app.images.services.summary import BINS, summarize
from app.images.services.thumbnail import EDGE, PREVIEW_EDGE
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.algorithms import add_output, make_algorithm, make_run
from tests.factories.archives import make_archive, make_item
from tests.factories.images import make_image
from tests.factories.studies import make_study
from tests.images.conversion.conftest import sitk
from tests.synthetic import dicom

TURNED = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0)


def _written(folder: Path, values: np.ndarray, **options: Any) -> Path:
    path = folder / "image.mha"
    sitk.WriteImage(sitk.GetImageFromArray(values, **options), str(path))
    return path


def _stored(folder: Path, *files: Path, owner: User | None = None) -> Image:
    (group,) = scan(list(files)).groups
    source = make_image(owner=owner).source if owner else None
    return publish_image(store_image(convert(group, folder), source=source))


def _page(client: Client, image: Image) -> str:
    response = client.get(f"/images/{image.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def _spread(page: str) -> str:
    """The text as a person reads it."""
    return " ".join(page.split())


def test_the_histogram_counts_every_value(tmp_path: Path) -> None:
    values = np.arange(-500, 500, dtype=np.int16).repeat(3).reshape(3, 20, 50)
    histogram = summarize(_written(tmp_path, values)).histogram
    assert histogram is not None
    assert (histogram["low"], histogram["high"], histogram["total"]) == (-500.0, 499.0, 3000)
    assert histogram["mean"] == pytest.approx(-0.5)
    assert histogram["percentiles"] == {"1": -491.0, "50": -1.0, "99": 489.0}
    (counts,) = histogram["counts"]
    assert sum(counts) == 3000
    assert len(counts) <= BINS
    assert set(counts[:-1]) == {3 * int(histogram["width"])}


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int32", "uint32", "float32"])
def test_the_histogram_knows_every_type(dtype: str, tmp_path: Path) -> None:
    values = (np.arange(60).reshape(3, 4, 5) * 2).astype(dtype)
    histogram = summarize(_written(tmp_path, values)).histogram
    assert histogram is not None
    assert histogram["low"] == 0.0
    assert histogram["high"] == pytest.approx(118.0)
    assert sum(histogram["counts"][0]) == 60
    assert histogram["percentiles"]["50"] == pytest.approx(58, abs=0.1)


def test_what_is_no_number_is_not_counted(tmp_path: Path) -> None:
    values = np.array([[np.nan, np.inf], [1.0, 2.0]], dtype=np.float32)[None]
    histogram = summarize(_written(tmp_path, values)).histogram
    assert histogram is not None
    assert (histogram["total"], histogram["mean"]) == (2, 1.5)


def test_nothing_but_what_is_no_number_has_no_histogram(tmp_path: Path) -> None:
    values = np.full((1, 2, 2), np.nan, dtype=np.float32)
    assert summarize(_written(tmp_path, values)).histogram is None


def test_one_value_everywhere_is_one_bar(tmp_path: Path) -> None:
    histogram = summarize(_written(tmp_path, np.full((2, 3, 4), 7, np.int16))).histogram
    assert histogram is not None
    assert histogram["counts"] == [[24]]
    drawn = chart_of(histogram, center=None, width=None)
    assert drawn is not None
    assert drawn.bars[0].path == f"M0.00 {HEIGHT}v-{HEIGHT}.00h{WIDTH}.00V{HEIGHT}z"


def test_colors_have_a_histogram_each(tmp_path: Path) -> None:
    colors = np.zeros((4, 5, 3), np.uint8)
    colors[..., 1], colors[..., 2] = 100, 200
    histogram = summarize(_written(tmp_path, colors, isVector=True)).histogram
    assert histogram is not None
    drawn = chart_of(histogram, center=None, width=None)
    assert drawn is not None
    assert [bars.channel for bars in drawn.bars] == ["red", "green", "blue"]
    assert [row.index(20) for row in histogram["counts"]] == [0, 33, 66]


def test_both_pictures_show_the_middle_slice_in_true_proportions(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.zeros((3, 40, 20), np.int16))
    image.SetSpacing((1.0, 0.25, 2.0))
    sitk.WriteImage(image, str(tmp_path / "image.mha"))
    found = summarize(tmp_path / "image.mha")
    assert found.thumbnail is not None
    assert found.preview is not None
    assert imagecodecs.png_decode(found.thumbnail).shape == (EDGE // 2, EDGE)
    assert imagecodecs.png_decode(found.preview).shape == (PREVIEW_EDGE // 2, PREVIEW_EDGE)


def test_the_window_is_drawn_where_it_lies() -> None:
    stored = {
        "low": 0.0, "high": 95.0, "width": 1.0, "counts": [[1] * 96], "total": 96, "mean": 47.5,
        "percentiles": {"50": 47.0},
    }  # fmt: skip
    drawn = chart_of(stored, center=48.0, width=24.0)
    assert drawn is not None
    assert drawn.window == (36 * WIDTH / 96, 24 * WIDTH / 96)
    outside = chart_of(stored, center=1000.0, width=10.0)
    assert outside is not None
    assert outside.window is None


@pytest.mark.parametrize(
    ("vector", "words"),
    [((1, 0, 0), "to the left"), ((-1, 0, 0), "to the right"), ((0, 1, 0), "to the back"),
     ((0, -1, 0), "to the front"), ((0, 0, 1), "to the head"), ((0, 0, -1), "to the feet"),
     ((0.9848, 0.1736, 0), "to the left, 10° off"), ((1, 0.004, 0), "to the left")],
)  # fmt: skip
def test_directions_in_words(vector: tuple[float, ...], words: str) -> None:
    assert leads_to(vector) == words


def test_planes_in_words() -> None:
    assert plane_of((1, 0, 0, 0, 1, 0, 0, 0, 1)) == "axial"
    assert plane_of((1, 0, 0, 0, 0, 1, 0, -1, 0)) == "coronal"
    assert plane_of((0, 0, -1, 1, 0, 0, 0, -1, 0)) == "sagittal"


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (-1024.0, "−1\u202f024"), (0.12345, "0.1235"), (1e12, "1e+12")]
)
def test_numbers_in_words(value: float, text: str) -> None:
    assert number(value) == text


def test_a_volume_says_how_it_lies(client: Client, user: User, tmp_path: Path) -> None:
    files = dicom.save(dicom.classic(dicom.volume()), tmp_path / "in")
    image = _stored(tmp_path, *files, owner=user)
    page = _spread(_page(sign_in(client, user), image))
    for said in (
        "10 × 12 × 5 voxels", "0.50 × 0.80 × 2.50 mm", "axial", "−10.00, −20.00, 30.00 mm",
        "to the left", "to the back", "to the head", "12.5 mm", "LPS millimeters",
        "Histogram of the values", "Direction matrix",
    ):  # fmt: skip
        assert said in page
    assert "Time points" not in page


def test_a_coronal_image_is_called_so(client: Client, user: User) -> None:
    image = make_image(owner=user, direction=list(TURNED))
    page = _page(sign_in(client, user), image)
    assert "coronal" in page
    assert "to the feet" in page


def test_a_picture_has_no_place_in_the_patient(client: Client, user: User, tmp_path: Path) -> None:
    colors = np.random.default_rng(2).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(colors))
    image = _stored(tmp_path, tmp_path / "a.png", owner=user)
    page = _spread(_page(sign_in(client, user), image))
    for said in (
        "8 × 6 pixels", "without a place in the patient", "RGB, 3 × uint8", "lengths cannot be",
        "for red, green and blue", "The picture does not state the size of a pixel.",
        "Measurements in millimetres are not possible",
    ):  # fmt: skip
        assert said in page
    for absent in ("Direction matrix", "axial", "Window", "to the left", "First voxel"):
        assert absent not in page


def test_time_points_are_told(client: Client, user: User, tmp_path: Path) -> None:
    values = dicom.volume(slices=6).reshape(2, 3, 12, 10).astype(np.int16)
    path = tmp_path / "a.nii"
    sitk.WriteImage(sitk.GetImageFromArray(values, isVector=False), str(path))
    raw = bytearray(path.read_bytes())
    raw[123] = 2 | 8
    path.write_bytes(raw)
    image = _stored(tmp_path, path, owner=user)
    page = _spread(_page(sign_in(client, user), image))
    assert "10 × 12 × 3 × 2 voxels" in page
    assert "2, 1 s apart" in page
    image.metadata["time_step"] = None
    image.save()
    assert "the time between them is not known" in _page(client, image)


def test_the_window_is_told(client: Client, user: User) -> None:
    image = make_image(owner=user, window_center=40.0, window_width=400.0)
    assert "center 40, width 400 (−160 to 240)" in _page(sign_in(client, user), image)


def test_an_image_of_old_has_no_histogram_and_says_so(client: Client, user: User) -> None:
    page = _page(sign_in(client, user), make_image(owner=user))
    assert "There is no histogram of this image" in page


def test_provenance_is_told_as_far_as_one_may_see_it(
    client: Client, user: User, stranger: User
) -> None:
    image = make_image(owner=user)
    archive = make_archive(editor=user, public=True)
    make_item(archive, image=image, title="Case 7")
    ImportFile.objects.create(
        source=image.source, path="a.dcm", outcome=ImportFile.Outcome.USED, image=image
    )
    own = _spread(_page(sign_in(client, user), image))
    assert f"/images/imports/{image.source_id}/" in own
    assert "1 file" in own
    assert f'<a href="/archives/{archive.pk}/">{archive.title}</a></li><li aria-current' in own
    assert "Case 7" in own
    other = _spread(_page(sign_in(Client(), stranger), image))
    assert "Case 7" in other
    assert f"/images/imports/{image.source_id}/" not in other
    assert f"by {user.get_full_name() or user.username}" not in other


def test_uses_that_one_may_not_see_are_not_told(client: Client, user: User, stranger: User) -> None:
    image = make_image(owner=user)
    make_item(make_archive(editor=stranger, public=True), image=image, title="Public case")
    make_item(make_archive(editor=user), image=image, title="Secret case")
    make_study(editor=user, archive=make_archive(editor=user))
    page = _page(sign_in(client, stranger), image)
    assert "Public case" in page
    assert "Secret case" not in page


def test_a_result_names_the_run_that_made_it(client: Client, user: User) -> None:
    algorithm = make_algorithm(editor=user)
    run = make_run(algorithm, creator=user, item=make_archive(editor=user, cases=1).items.get())
    image = run.job.outputs.filter(image__isnull=False).first()
    made = image.image if image else add_output(run.job)
    page = _spread(_page(sign_in(client, user), made))
    assert "Result of" in page
    assert f"/algorithms/runs/{run.pk}/" in page
    assert algorithm.title in page


def test_administrators_see_who_imported(client: Client, user: User) -> None:
    image = make_image(owner=user)
    assert image.source is not None
    assert image.source.state == Import.State.SUCCEEDED
    page = _page(sign_in(client, UserFactory(is_superuser=True)), image)
    assert f"/images/imports/{image.source_id}/" in page
