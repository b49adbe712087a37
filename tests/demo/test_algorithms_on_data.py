"""Otsu's threshold on real CT and MR series agrees with SimpleITK; the rule of thumb does not."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from demo.containers.algorithms.metaimage import MetaImage
from demo.containers.algorithms.segment import segment
from demo.containers.evaluation.scores import dice
from tests.data import DATA

SERIES = [
    "ct_axial_philips",
    "ct_missing_slice",
    "mr_t1_sagittal_HFS",
    "mr_4d_ge_fmri",
    "mr_compressed",
    "enhanced_ct_2frames",
    "enhanced_mr_philips",
    "mr_anisotropic_pixels",
]


def read(name: str) -> sitk.Image:
    """The first series of a folder, stacked by GDCM in whatever order: only values matter here."""
    assert DATA is not None
    reader = sitk.ImageSeriesReader()
    folder = str(DATA / name)
    files = reader.GetGDCMSeriesFileNames(folder, reader.GetGDCMSeriesIDs(folder)[0])
    return sitk.ReadImage(files if len(files) > 1 else files[0])


@pytest.mark.data
@pytest.mark.parametrize("name", SERIES)
def test_otsu_on_real_series(name: str) -> None:
    image = read(name)
    reference = sitk.GetArrayFromImage(sitk.OtsuThreshold(image, 0, 1, 128))
    volume = MetaImage(array=np.asarray(sitk.GetArrayFromImage(image)), geometry={})
    good = dice(segment(volume, method="otsu").array, reference)
    assert good >= 0.99
    assert dice(segment(volume, method="otsu-naive").array, reference) < good - 0.1
