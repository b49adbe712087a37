"""Nothing that identifies someone is left in a file, wherever it was."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from app.images.conversion.child import run_conversion
from app.images.conversion.deidentification import Deidentification
from app.images.deidentify import OPTIONS, Profile, deidentify, deidentify_file
from app.images.deidentify.rules import table
from tests.images.deidentify.conftest import SECRET
from tests.images.deidentify.sentinels import (
    NEEDLES,
    UID_ROOT,
    WORD,
    found_in,
    left_in,
    name_of,
    sentinel_bytes,
    sentinel_dataset,
    sentinel_file,
    table_tags,
)
from tests.synthetic import dicom

SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


def test_the_set_carries_every_kind_of_sentinel_and_all_of_the_table() -> None:
    dataset = sentinel_dataset()
    assert len(table_tags()) > 600
    assert all(tag in dataset for tag in table_tags())
    assert set(found_in(sentinel_bytes())) == set(NEEDLES)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=[syntax.name for syntax in SYNTAXES])
def test_no_sentinel_is_left_anywhere(syntax: str, tmp_path: Path) -> None:
    target = tmp_path / "clean.dcm"
    deidentify_file(sentinel_file(tmp_path, syntax), target, profile=Profile(), secret=SECRET)
    assert found_in(target.read_bytes()) == []
    dataset = pydicom.dcmread(target)
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert dataset.preamble == bytes(128)
    assert left_in(dataset) == set()


def test_bytes_behind_the_data_set_are_not_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "trailing.dcm", tmp_path / "clean.dcm"
    source.write_bytes(sentinel_bytes() + b"SENTINEL" * 20)
    deidentify_file(source, target, profile=Profile(), secret=SECRET)
    assert found_in(target.read_bytes()) == []


def test_a_data_set_in_memory_is_cleaned_as_well() -> None:
    dataset = sentinel_dataset()
    deidentify(dataset, profile=Profile(), secret=SECRET)
    assert left_in(dataset) == set()


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_an_option_leaves_only_what_its_column_allows(option: str, tmp_path: Path) -> None:
    target = tmp_path / "clean.dcm"
    profile = Profile(frozenset({option}))
    deidentify_file(sentinel_file(tmp_path), target, profile=profile, secret=SECRET)
    allowed = {
        name_of(int(row["tag"], 16))
        for row in table()
        if row[option] and "x" not in row["tag"] and row["tag"] != "private"
    }
    allowed |= {"SOPInstanceUIDOfConcatenationSource"} if option == "retain_uids" else set()
    assert left_in(pydicom.dcmread(target)) <= allowed


def test_the_object_says_that_it_was_deidentified(tmp_path: Path) -> None:
    target = tmp_path / "clean.dcm"
    profile = Profile(frozenset({"retain_modified_dates"}))
    deidentify_file(sentinel_file(tmp_path), target, profile=profile, secret=SECRET)
    dataset = pydicom.dcmread(target)
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in dataset.DeidentificationMethodCodeSequence]
    assert codes[0] == "113100"
    assert "113107" in codes
    assert all(len(text) <= 64 for text in dataset.DeidentificationMethod)
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert dataset.file_meta.MediaStorageSOPClassUID == CTImageStorage == dataset.SOPClassUID


def test_nothing_is_left_in_what_an_import_makes(tmp_path: Path) -> None:
    """The image is written by the converter, its files and what is said of it by both."""
    series = dicom.classic(dicom.volume())
    for dataset in series:
        for element in sentinel_dataset():
            if element.tag not in dataset:
                dataset[element.tag] = element
        dataset.Modality = dataset.RescaleType = dataset.Laterality = WORD
        dataset.ImageType = ["ORIGINAL", WORD, WORD]
        dataset.PatientName = dataset.PatientID = WORD
        dataset.StudyInstanceUID = UID_ROOT
    dicom.save(series, tmp_path / "in")
    wanted = Deidentification(secret=SECRET, keep=True)
    report = run_conversion(tmp_path / "in", tmp_path / "out", deidentification=wanted)
    (image,) = report.images
    assert len(image.paths) == 1 + len(series)
    for path in image.paths:
        assert found_in(path.read_bytes().split(b"LOCAL\n")[0]) == []
    assert WORD not in repr(report)


def test_a_report_names_attributes_and_never_values(tmp_path: Path) -> None:
    report = deidentify_file(
        sentinel_file(tmp_path), tmp_path / "clean.dcm", profile=Profile(), secret=SECRET
    )
    data = report.as_dict()
    assert found_in(str(data).encode()) == []
    rows = {(row["attribute"], row["action"], row["reason"]) for row in data["attributes"]}
    assert ("PatientName", "replaced", "profile") in rows
    assert ("PatientBirthName", "removed", "profile") in rows
    assert ("Rows", "kept", "needed") in rows
    assert (
        "PerFrameFunctionalGroupsSequence.FrameContentSequence.PatientName",
        "replaced",
        "profile",
    ) in rows
    assert any(action == "removed" and reason == "private" for _, action, reason in rows)
