"""The table of PS3.15 is complete, and so are the lists beside it."""

from __future__ import annotations

import csv
import re
from importlib import resources

import pytest
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag, tag_for_keyword

from app.images.deidentify import CODES, OPTIONS, REASONS, DeidentificationError, Profile
from app.images.deidentify.report import REASONS as ALL_REASONS
from app.images.deidentify.rules import rules_of, table

NEWER_THAN_PYDICOM = {
    "00081301",
    "00081302",
    "00081303",
    "00081304",
    *(f"001000{number}" for number in (11, 12, 13, 14, 15, 16, 41, 42, 43, 44, 45, 46, 47)),
    "00102162",
    "0040a034",
    "0040a035",
    "0040b034",
    "0040b036",
    "0040b03b",
    "0040b03f",
    "0040e012",
}
"""Attributes of edition 2026c that the installed dictionary does not have yet."""


def _rows(name: str) -> list[dict[str, str]]:
    path = resources.files("app.images.deidentify").joinpath("data", name)
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_the_table_has_all_rows_once() -> None:
    tags = [row["tag"] for row in table()]
    assert len(tags) == 656
    assert len(set(tags)) == len(tags)
    assert {"50xxxxxx", "60xx3000", "60xx4000", "private"} <= set(tags)


def test_every_tag_is_known_or_newer_than_the_dictionary() -> None:
    plain = [row["tag"] for row in table() if re.fullmatch("[0-9a-f]{8}", row["tag"])]
    unknown = {tag for tag in plain if not dictionary_has_tag(int(tag, 16))}
    assert unknown == NEWER_THAN_PYDICOM
    assert len(plain) == 652


def test_no_action_is_missing_or_unheard_of() -> None:
    assert all(row["name"] for row in table())
    assert {row["basic"] for row in table()} == {
        "D",
        "U",
        "X",
        "Z",
        "X/D",
        "X/Z",
        "X/Z/D",
        "X/Z/U*",
        "Z/D",
    }
    for option in (*OPTIONS, "clean_graphics"):
        assert {row[option] for row in table()} <= {"", "K", "C"}
        assert any(row[option] for row in table())


def test_dates_and_uids_have_their_options() -> None:
    """A mistake in the columns would show here: nearly every date and UID has one."""
    without = set()
    for row in table():
        tag = row["tag"]
        if not re.fullmatch("[0-9a-f]{8}", tag) or tag in NEWER_THAN_PYDICOM:
            continue
        vr = dictionary_VR(int(tag, 16))
        if vr in ("DA", "TM", "DT") and not (
            row["retain_full_dates"] == "K" and row["retain_modified_dates"] == "C"
        ):
            without.add(keyword_for_tag(int(tag, 16)))
        if vr == "UI" and row["retain_uids"] != "K":
            without.add(keyword_for_tag(int(tag, 16)))
    assert without == {
        "PatientBirthDate",
        "PatientBirthTime",
        "GPSTimeStamp",
        "UID",
        "DigitalSignatureUID",
    }


@pytest.mark.parametrize(
    ("keyword", "basic", "option", "changed"),
    [
        ("PatientName", "Z", "retain_patient_characteristics", "Z"),
        ("PatientID", "D", "clean_descriptors", "D"),
        ("PatientBirthDate", "Z", "retain_full_dates", "Z"),
        ("PatientSex", "Z", "retain_patient_characteristics", "K"),
        ("StudyInstanceUID", "U", "retain_uids", "K"),
        ("StudyDate", "Z", "retain_modified_dates", "C"),
        ("SeriesDescription", "X", "clean_descriptors", "C"),
        ("StationName", "D", "retain_device_identity", "K"),
        ("InstitutionName", "D", "retain_institution_identity", "K"),
        ("ContentSequence", "D", "clean_structured_content", "C"),
    ],
)
def test_well_known_rows(keyword: str, basic: str, option: str, changed: str) -> None:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    assert rules_of(Profile()).rule(tag).action == basic
    assert rules_of(Profile(frozenset({option}))).rule(tag).action == changed


def test_repeating_groups_and_unlisted_attributes_go() -> None:
    rules = rules_of(Profile())
    for tag in (0x50000010, 0x501E3000, 0x60003000, 0x60024000, 0x60000010, 0x0AAA0010):
        assert rules.rule(tag).action == "X"


def test_kept_attributes_are_in_the_dictionary_and_not_in_the_table() -> None:
    listed = {row["tag"] for row in table()}
    rows = _rows("kept.csv")
    assert len(rows) == len({row["tag"] for row in rows})
    for row in rows:
        tag = int(row["tag"], 16)
        assert row["tag"] not in listed
        assert keyword_for_tag(tag) == row["keyword"]
        assert row["needed_for"]
        free = dictionary_VR(tag) in {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "AE", "DA", "DT"}
        assert row["check"] in {"label", "words", "kernel", "code"} if free else True


def test_safe_private_attributes_are_numbers_or_terms() -> None:
    for row in _rows("safe_private.csv"):
        assert int(row["group"], 16) % 2 == 1
        assert row["vr"] in {"IS", "DS", "SS", "US", "SL", "FL", "FD", "CS", "OB"}
        assert row["always"] in {"", "yes", "csa"}
        assert (row["vr"] == "OB") == (row["always"] == "csa")


@pytest.mark.parametrize(
    "options",
    [{"everything"}, {"clean_graphics"}, {"retain_full_dates", "retain_modified_dates"}],
)
def test_options_that_do_not_exist_or_go_together_are_refused(options: set[str]) -> None:
    with pytest.raises(ValueError):
        Profile(frozenset(options))


def test_codes_and_reasons_are_explained() -> None:
    assert all(text.endswith(".") for text in (*CODES.values(), *REASONS.values()))
    assert REASONS is ALL_REASONS
    with pytest.raises(ValueError):
        DeidentificationError("Whatever", "No such code.")
