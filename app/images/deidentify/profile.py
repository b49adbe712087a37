"""Which options of the Basic Application Level Confidentiality Profile are in force.

PS3.15 section E.3 describes the options, CID 7050 (PS3.16) their codes. Cleaning graphics needs a
person and is not offered: overlays and curves always go. Cleaned pixel data is recorded by `mask`.
"""

from __future__ import annotations

from dataclasses import dataclass

BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
CLEAN_PIXEL_DATA = ("113101", "Clean Pixel Data Option")
RETAIN_SAFE_PRIVATE = ("113111", "Retain Safe Private Option")

OPTIONS: dict[str, tuple[str, str]] = {
    "retain_safe_private": RETAIN_SAFE_PRIVATE,
    "retain_uids": ("113110", "Retain UIDs Option"),
    "retain_device_identity": ("113109", "Retain Device Identity Option"),
    "retain_institution_identity": ("113112", "Retain Institution Identity Option"),
    "retain_patient_characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain_full_dates": (
        "113106",
        "Retain Longitudinal Temporal Information Full Dates Option",
    ),
    "retain_modified_dates": (
        "113107",
        "Retain Longitudinal Temporal Information Modified Dates Option",
    ),
    "clean_descriptors": ("113105", "Clean Descriptors Option"),
    "clean_structured_content": ("113104", "Clean Structured Content Option"),
}
"""Name of each option that can be chosen -> its code and meaning (DCM, CID 7050)."""

SECRET_BYTES = 16
"""A secret has at least this many bytes."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The basic profile with a choice of `OPTIONS`.

    `shift_days` is the largest number of days by which dates move back with the option
    `retain_modified_dates`; each patient gets an own number between one and this.
    """

    options: frozenset[str] = frozenset()
    shift_days: int = 3652

    def __post_init__(self) -> None:
        unknown = self.options - OPTIONS.keys()
        if unknown:
            raise ValueError(f"no options of de-identification: {', '.join(sorted(unknown))}")
        if {"retain_full_dates", "retain_modified_dates"} <= self.options:
            raise ValueError("dates are retained either in full or modified, not both")
        if not 1 <= self.shift_days <= 36524:
            raise ValueError("dates move by one day to a hundred years")

    @property
    def temporal_information(self) -> str:
        """Return the value of LongitudinalTemporalInformationModified (PS3.3 section C.12.1)."""
        if "retain_full_dates" in self.options:
            return "UNMODIFIED"
        return "MODIFIED" if "retain_modified_dates" in self.options else "REMOVED"
