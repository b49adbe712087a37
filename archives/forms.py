"""Forms of archives."""

from typing import Any

from django import forms

from app.requests.forms import AskableForm
from app.uploads.fields import UploadsField
from archives.models import Archive


class ArchiveForm(AskableForm):
    """Make or change an archive."""

    class Meta:
        model = Archive
        fields = ("title", "description", "public", "listed", "access_mode")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        labels = {"public": "Open to everybody who is signed in"}
        help_texts = {
            "title": "Short and telling, such as “Chest CT, screening 2024”.",
            "public": "",
        }


class ImportForm(forms.Form):
    """Bring files into an archive."""

    uploads = UploadsField(
        label="Files",
        note="DICOM, MetaImage, NIfTI, NRRD, TIFF, PNG or JPEG; folders, zip and tar archives too.",
        directories=True,
        previewed=True,
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].user = user  # type: ignore[attr-defined]
