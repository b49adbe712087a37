"""Forms of archives."""

from collections.abc import Sequence
from typing import Any

from django import forms

from app.images.models import DeidentificationSettings
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

    def __init__(self, *args: Any, user: Any, keeps: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        uploads = self.fields["uploads"]
        uploads.user = user  # type: ignore[attr-defined]
        uploads.widget.keeps = keeps


class DeidentificationForm(forms.Form):
    """What DICOM files keep on their way into an archive."""

    options = forms.MultipleChoiceField(
        label="What files may keep",
        choices=DeidentificationSettings.Option.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Without any of these everything goes that is not needed to read the image. "
        "Each choice keeps more; choose only what the research needs and its approval allows.",
    )
    keep_instances = forms.BooleanField(
        label="Keep the de-identified DICOM files beside the images",
        help_text="For programs that read DICOM. Takes about twice as much disk space.",
        required=False,
    )
    renew_secret = forms.BooleanField(
        label="Make new pseudonyms from now on",
        help_text="Patients and studies of later imports can then no longer be joined with those "
        "of earlier ones. Images that are there stay as they are.",
        required=False,
    )
