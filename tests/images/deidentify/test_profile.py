"""Pseudonyms, dates, options: what stays together, what moves, what stays."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from app.images.deidentify import Profile, Report, deidentify, merged
from tests.images.deidentify.conftest import OTHER_SECRET, SECRET

DATES = Profile(frozenset({"retain_modified_dates"}))


def _dataset(**values: Any) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.3.4"
    dataset.StudyInstanceUID = "1.2.3"
    dataset.SeriesInstanceUID = "1.2.3.1"
    dataset.PatientID = "4711"
    dataset.PatientName = "Doe^Jane"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def _clean(profile: Profile | None = None, secret: bytes = SECRET, **values: Any) -> Dataset:
    dataset = _dataset(**values)
    deidentify(dataset, profile=profile or Profile(), secret=secret)
    return dataset


def test_files_of_a_patient_study_and_series_stay_together() -> None:
    first, second = _clean(), _clean(SOPInstanceUID="1.2.3.5")
    assert first.PatientID == second.PatientID == first.PatientName
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert len({first.StudyInstanceUID, first.SeriesInstanceUID, first.SOPInstanceUID}) == 3


def test_another_secret_gives_other_pseudonyms() -> None:
    first, second = _clean(), _clean(secret=OTHER_SECRET)
    assert first.PatientID != second.PatientID
    assert first.StudyInstanceUID != second.StudyInstanceUID


def test_a_secret_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError):
        _clean(secret=b"short")


def test_uids_are_valid_and_those_of_the_standard_stay() -> None:
    item = Dataset()
    item.ReferencedSOPClassUID = CTImageStorage
    item.ReferencedSOPInstanceUID = "1.2.3.4"
    dataset = _clean(ReferencedImageSequence=Sequence([item]), FrameOfReferenceUID="1.2.9")
    assert dataset.SOPClassUID == CTImageStorage
    (reference,) = dataset.ReferencedImageSequence
    assert reference.ReferencedSOPClassUID == CTImageStorage
    assert reference.ReferencedSOPInstanceUID == dataset.SOPInstanceUID
    for uid in (dataset.SOPInstanceUID, dataset.FrameOfReferenceUID):
        assert uid.is_valid
        assert re.fullmatch(r"2\.25\.[1-9]\d*", uid)
        assert int(uid[5:]) < 1 << 128


def test_a_uid_that_is_none_is_replaced_also_where_uids_are_retained() -> None:
    dataset = _clean(
        Profile(frozenset({"retain_uids"})), StudyInstanceUID="1.2.3", SeriesInstanceUID="Jane Doe"
    )
    assert dataset.StudyInstanceUID == "1.2.3"
    assert dataset.SeriesInstanceUID.startswith("2.25.")


def test_spelling_of_the_patient_id_does_not_matter() -> None:
    assert _clean(PatientID=" ab 1 ").PatientID == _clean(PatientID="AB  1").PatientID


def test_without_a_patient_id_the_study_tells_patients_apart() -> None:
    first, second = _clean(PatientID=""), _clean(PatientID="", StudyInstanceUID="1.2.4")
    assert first.PatientID
    assert second.PatientID
    assert first.PatientID != second.PatientID


def test_dates_go_with_the_basic_profile() -> None:
    dataset = _clean(
        StudyDate="20200229",
        StudyTime="101112",
        SeriesDate="20200229",
        ContentDate="20200229",
        AcquisitionDateTime="20200229101112.5+0100",
    )
    assert not dataset.StudyDate
    assert dataset.SeriesDate == dataset.ContentDate == "19000101"
    assert dataset.AcquisitionDateTime == "19000101000000"
    assert dataset.LongitudinalTemporalInformationModified == "REMOVED"


def _day(text: str) -> dt.date:
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def test_dates_move_by_the_same_whole_days_for_a_patient() -> None:
    first = _clean(DATES, StudyDate="20200229", AcquisitionDateTime="20200301101112.5+0100")
    second = _clean(DATES, StudyInstanceUID="1.2.4", StudyDate="20210301", StudyTime="101112.5")
    days = dt.date(2020, 2, 29) - _day(first.StudyDate)
    assert 1 <= days.days <= 3652
    moved = _day(second.StudyDate)
    assert dt.date(2021, 3, 1) - moved == days
    assert second.StudyTime == "101112.5"
    day = (dt.date(2020, 3, 1) - days).strftime("%Y%m%d")
    assert first.AcquisitionDateTime == f"{day}101112.5+0100"
    assert first.LongitudinalTemporalInformationModified == "MODIFIED"


def test_other_patients_move_by_other_days() -> None:
    moved = {_clean(DATES, PatientID=str(n), StudyDate="20200229").StudyDate for n in range(20)}
    assert len(moved) > 15


@pytest.mark.parametrize("value", ["yesterday", "2020022", "20200231", "00010101", "2020-02-29"])
def test_a_date_that_cannot_be_moved_goes(value: str) -> None:
    assert not _clean(DATES, StudyDate=value).StudyDate


def test_full_dates_stay_where_the_archive_says_so() -> None:
    dataset = _clean(Profile(frozenset({"retain_full_dates"})), StudyDate="20200229")
    assert dataset.StudyDate == "20200229"
    assert dataset.LongitudinalTemporalInformationModified == "UNMODIFIED"


def test_the_date_of_birth_always_goes() -> None:
    options = {"retain_full_dates", "retain_patient_characteristics"}
    dataset = _clean(Profile(frozenset(options)), PatientBirthDate="19300101")
    assert not dataset.PatientBirthDate


@pytest.mark.parametrize(
    ("age", "kept"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("097Y", "090Y"), ("099M", "099M"), ("old", None)],
)
def test_ages_over_89_become_one_group(age: str, kept: str | None) -> None:
    profile = Profile(frozenset({"retain_patient_characteristics"}))
    assert _clean(profile, PatientAge=age).get("PatientAge") == kept


def test_characteristics_stay_only_on_request() -> None:
    values = {"PatientSex": "F", "PatientWeight": "71.5", "PatientAge": "045Y"}
    basic = _clean(**values)
    assert not basic.PatientSex
    assert "PatientAge" not in basic
    retained = _clean(Profile(frozenset({"retain_patient_characteristics"})), **values)
    assert (retained.PatientSex, retained.PatientWeight, retained.PatientAge) == ("F", 71.5, "045Y")


def test_descriptions_keep_words_of_the_field_only() -> None:
    profile = Profile(frozenset({"clean_descriptors"}))
    dataset = _clean(
        profile,
        SeriesDescription="CHEST Mr. Doe 3.0 B31f, thin; 12345678 call 555",
        StudyDescription="Jane Doe",
    )
    assert dataset.SeriesDescription == "CHEST Mr 3.0 thin 555"
    assert "StudyDescription" not in dataset
    assert "SeriesDescription" not in _clean(SeriesDescription="CHEST")


def test_codes_stay_when_they_are_public_and_say_what_the_scheme_says() -> None:
    known, unknown = Dataset(), Dataset()
    known.CodeValue, known.CodingSchemeDesignator = "39607008", "SCT"
    known.CodeMeaning = "Lung of Jane Doe"
    unknown.CodeValue, unknown.CodingSchemeDesignator = "DOE", "99LOCAL"
    unknown.CodeMeaning = "Jane Doe"
    dataset = _clean(AnatomicRegionSequence=Sequence([known, unknown]))
    (item,) = dataset.AnatomicRegionSequence
    assert (item.CodeValue, item.CodeMeaning) == ("39607008", "Lung structure (body structure)")


def test_structured_content_keeps_codes_and_numbers_on_request_only() -> None:
    def make() -> Dataset:
        concept, measured, item = Dataset(), Dataset(), Dataset()
        concept.CodeValue, concept.CodingSchemeDesignator = "39607008", "SCT"
        concept.CodeMeaning = "Jane Doe"
        measured.NumericValue = "12.5"
        item.ValueType, item.TextValue, item.PersonName = "NUM", "Jane Doe", "Doe^Jane"
        item.ConceptNameCodeSequence = Sequence([concept])
        item.MeasuredValueSequence = Sequence([measured])
        return _dataset(ContentSequence=Sequence([item]))

    basic, clean = make(), make()
    deidentify(basic, profile=Profile(), secret=SECRET)
    deidentify(clean, profile=Profile(frozenset({"clean_structured_content"})), secret=SECRET)
    assert [element.keyword for element in basic.ContentSequence[0]] == ["PersonName"]
    assert "Doe" not in str(basic)
    (item,) = clean.ContentSequence
    assert item.MeasuredValueSequence[0].NumericValue == 12.5
    assert item.ConceptNameCodeSequence[0].CodeValue == "39607008"
    assert "Doe" not in str(clean)


def test_text_that_an_option_keeps_stays_readable() -> None:
    dataset = _clean(
        Profile(frozenset({"retain_institution_identity"})),
        SpecificCharacterSet="ISO_IR 192",
        InstitutionName="Krankenhaus Süd",
        OperatorsName="Müller",
    )
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    assert dataset.InstitutionName == "Krankenhaus Süd"
    assert dataset.OperatorsName == "REMOVED"


def test_private_attributes_go_but_for_safe_ones() -> None:
    def make() -> Dataset:
        dataset = _dataset()
        block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0C, "IS", "1000")
        block.add_new(0x0D, "CS", "DOE^JANE")
        block.add_new(0x11, "LO", "Jane Doe")
        return dataset

    basic, safe = make(), make()
    deidentify(basic, profile=Profile(), secret=SECRET)
    deidentify(safe, profile=Profile(frozenset({"retain_safe_private"})), secret=SECRET)
    assert not [element for element in basic if element.tag.is_private]
    private = [str(element.tag) for element in safe if element.tag.is_private]
    assert private == ["(0019,0010)", "(0019,100C)"]
    codes = [item.CodeValue for item in safe.DeidentificationMethodCodeSequence]
    assert "113111" in codes


def test_what_every_object_must_have_is_there() -> None:
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    deidentify(dataset, profile=Profile(), secret=SECRET)
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID"):
        assert dataset[keyword].value
    for keyword in ("PatientBirthDate", "PatientSex", "StudyDate", "AccessionNumber", "StudyID"):
        assert keyword in dataset
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def test_twice_is_as_good_as_once() -> None:
    dataset = _clean(StudyDate="20200229", SeriesDescription="Jane")
    first = dataset.to_json_dict()
    deidentify(dataset, profile=Profile(), secret=SECRET)
    assert dataset.to_json_dict().keys() == first.keys()


def test_reports_are_json_and_add_up() -> None:
    reports = [
        deidentify(_dataset(SeriesDescription="x"), profile=Profile(), secret=SECRET)
        for _ in range(3)
    ]
    whole = merged(reports)
    data = json.loads(json.dumps(whole.as_dict()))
    assert data["files"] == 3
    row = next(row for row in data["attributes"] if row["attribute"] == "SeriesDescription")
    assert row == {
        "attribute": "SeriesDescription",
        "action": "removed",
        "reason": "profile",
        "count": 3,
    }
    assert sum(row["count"] for row in data["attributes"]) == sum(data["totals"].values())
    again = Report.from_dict(data)
    again.merge(reports[0])
    assert again.files == 4


def test_a_report_is_bounded() -> None:
    report = Report()
    for number in range(5000):
        report.add(f"(0abc,{number:04x})", "removed", "unlisted")
    data = report.as_dict()
    assert len(data["attributes"]) == 2000
    assert data["omitted"] == 3000
    assert data["totals"]["removed"] == 5000
