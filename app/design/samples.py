"""Invented data for the style guide."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from app.core.pages import ListPage

LOG = "\n".join(
    f"09:12:{second:02d}  case {second + 1:>2} of 24  dice {0.901 + second / 400:.3f}"
    for second in range(24)
)


SAMPLE_ID = UUID(int=7)


@dataclass(frozen=True)
class Person:
    """Somebody who has a role on something."""

    pk: int
    username: str
    display_name: str
    institution: str


@dataclass(frozen=True)
class Member:
    """A person with a role."""

    user: Person
    role: str


@dataclass(frozen=True)
class Target:
    """Something that people have roles on."""

    pk: UUID = SAMPLE_ID


@dataclass(frozen=True)
class Row:
    """A row of the sample table."""

    title: str
    state: str
    size: int
    seconds: float
    created: datetime


class SampleForm(forms.Form):
    """Every kind of field."""

    title = forms.CharField(max_length=60, help_text="A short name that others will recognize.")
    slug = forms.SlugField(required=False, help_text="Letters, digits and hyphens.")
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    modality = forms.ChoiceField(
        choices=[("CT", "CT"), ("MR", "MR"), ("PT", "PET"), ("SM", "Slide microscopy")]
    )
    access = forms.ChoiceField(
        label="Who may see it",
        widget=forms.RadioSelect,
        choices=[("members", "Members only"), ("public", "Everybody who is signed in")],
        help_text="You can change this later.",
    )
    planes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("axial", "Axial"), ("coronal", "Coronal"), ("sagittal", "Sagittal")],
    )
    limit = forms.IntegerField(
        label="Submissions per day", min_value=1, help_text="For each participant."
    )
    closes = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Closes on",
    )
    file = forms.FileField(required=False, label="Container image")
    consent = forms.BooleanField(
        label="I may share these images", help_text="They hold no names of patients."
    )


PEOPLE = (
    Person(1, "researcher", "Rosa Reyes", "Radboudumc"),
    Person(2, "radiologist", "Ravi Rao", "Charité"),
    Person(3, "author", "Ada Abel", ""),
)
MEMBERS = (
    Member(PEOPLE[0], "editor"),
    Member(PEOPLE[1], "viewer"),
    Member(PEOPLE[2], "uploader"),
)
SWATCHES = [
    "page",
    "surface",
    "sunken",
    "line",
    "text",
    "soft",
    "accent",
    "accent-soft",
    "info",
    "success",
    "warning",
    "danger",
]
ROLES = (("editor", "Editor"), ("uploader", "Uploader"), ("viewer", "Viewer"))


def rows() -> list[Row]:
    """A few archive items."""
    now = timezone.now()
    return [
        Row("LIDC-IDRI-0001", "SUCCEEDED", 68_157_440, 12.4, now - timedelta(minutes=3)),
        Row("LIDC-IDRI-0002", "EXECUTING", 71_303_168, 431, now - timedelta(hours=2)),
        Row("LIDC-IDRI-0003", "QUEUED", 512, 0.34, now - timedelta(days=1)),
        Row("Thorax with a very long name that somebody typed", "FAILED", 0, 7533, now),
    ]


def list_page(**changes: Any) -> ListPage:
    """Page 3 of 12 of the sample table."""
    page = ListPage(
        items=rows(),
        query="",
        sort="title",
        sorts=[("title", "Title"), ("-created", "Newest"), ("size", "Size")],
        page=3,
        pages=12,
        total=288,
        params={},
    )
    return replace(page, **changes)


def bound_form() -> SampleForm:
    """A form that was sent with mistakes."""
    data = {
        "slug": "not a slug!",
        "modality": "XX",
        "limit": "0",
        "description": "Kept.",
    }
    return SampleForm({f"bad-{key}": value for key, value in data.items()}, prefix="bad")


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything the guide shows."""
    now = timezone.now()
    return {
        "list": list_page(query=request.GET.get("q", "")),
        "found_nothing": list_page(items=[], query="lung nodule", total=0, page=1, pages=1),
        "empty": list_page(items=[], total=0, page=1, pages=1),
        "form": SampleForm(),
        "bad_form": bound_form(),
        "members": MEMBERS,
        "roles": ROLES,
        "target": Target(),
        "person": PEOPLE[0],
        "people": PEOPLE,
        "log": LOG,
        "pairs": [
            ("Modality", "CT"),
            ("Size", "512 × 512 × 120"),
            ("Spacing", "0.70 × 0.70 × 2.50 mm"),
            ("Window", "1500 / -600 HU"),
            ("Patient", None),
        ],
        "digest": "sha256:9f2c1e77d04b5a6c8e3f0b1d2c4a5968778695a4b3c2d1e0f9e8d7c6b5a49382",
        "soon": now + timedelta(days=3, hours=1),
        "long_ago": now - timedelta(days=400),
        "swatches": SWATCHES,
        "tones": ["neutral", "info", "success", "warning", "danger"],
    }
