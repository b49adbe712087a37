"""A form field that takes files which have already been uploaded in parts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from app.uploads.models import UserUpload


@dataclass(frozen=True)
class ChosenUploads:
    """The user's finished uploads, and the relative path each was chosen with."""

    uploads: list[UserUpload]
    paths: dict[str, str]


class UploadsWidget(forms.Widget):
    """Two hidden inputs (ids and relative paths) inside the upload control."""

    template_name = "uploads/uploads_widget.html"
    directories = False
    multiple = True
    accept = ""
    note = ""
    previewed = False
    keeps: Sequence[str] = ()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> tuple[str, str]:
        """Return the raw ids and paths."""
        return data.get(name, ""), data.get(f"{name}_paths", "")

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Add what the control needs to know."""
        context = super().get_context(name, None, attrs)
        ids, paths = value or ("", "")
        context["widget"] |= {
            "ids": ids,
            "paths": paths,
            "directories": self.directories,
            "multiple": self.multiple,
            "accept": self.accept,
            "note": self.note,
            "previewed": self.previewed,
            "keeps": ",".join(self.keeps),
        }
        return context


class UploadsField(forms.Field):
    """Takes the ids of the user's own completed uploads. Set ``user`` before cleaning.

    ``note`` says in the drop zone what is taken. Where the field is ``previewed``, chosen files
    wait for the form's button, and their headers can be looked at before anything is sent; the
    widget's ``keeps`` are then the options of de-identification in force where the files go.
    """

    widget = UploadsWidget
    user: Any = None

    def __init__(
        self,
        *,
        directories: bool = False,
        multiple: bool = True,
        accept: str = "",
        note: str = "",
        previewed: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.multiple = multiple
        self.widget.directories = directories
        self.widget.multiple = multiple
        self.widget.accept = accept
        self.widget.note = note
        self.widget.previewed = previewed

    def clean(self, value: tuple[str, str]) -> ChosenUploads:
        """Return the uploads in the order they were chosen."""
        ids = _uuids(value[0] if value else "")
        if not ids:
            raise forms.ValidationError("Choose at least one file.")
        if len(ids) > 1 and not self.multiple:
            raise forms.ValidationError("Choose one file only.")
        found = UserUpload.objects.filter(
            owner=self.user, pk__in=ids, state=UserUpload.State.COMPLETED
        )
        by_id = {upload.pk: upload for upload in found}
        if len(by_id) != len(set(ids)):
            raise forms.ValidationError("Some files are not completely uploaded. Add them again.")
        return ChosenUploads([by_id[pk] for pk in dict.fromkeys(ids)], _paths(value[1]))


def _uuids(text: str) -> list[UUID]:
    try:
        return [UUID(part) for part in text.replace(" ", "").split(",") if part]
    except ValueError:
        raise forms.ValidationError("The list of files cannot be read. Add them again.") from None


def _paths(text: str) -> dict[str, str]:
    try:
        loaded = json.loads(text or "{}")
    except ValueError:
        return {}
    if not isinstance(loaded, dict):
        return {}
    return {_storable(key): _storable(value) for key, value in loaded.items()}


def _storable(text: object) -> str:
    """Return text that the database takes: no NUL, no half of a character."""
    clean = str(text)[:500].replace("\x00", "")
    return clean.encode("utf-8", "replace").decode("utf-8")
