"""Forms of the starter kit."""

from typing import Any

from django import forms

from app.uploads.fields import UploadsField
from app.uploads.forms import UploadForm
from archives.models import Archive, ArchiveMember
from archives.policies import ARCHIVES


class SampleForm(forms.Form):
    """Choose the archive whose cases everybody who may submit downloads."""

    archive = forms.ModelChoiceField(
        label="Sample archive",
        queryset=Archive.objects.none(),
        empty_label="Choose an archive",
        help_text="One that you edit. Everybody who may submit downloads its first cases, with "
        "the names of their images. Hidden test cases can be no sample.",
    )

    def __init__(self, *args: Any, user: Any, chosen: Archive | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["archive"] = chosen
        edited = ArchiveMember.objects.filter(user=user, role=ArchiveMember.Role.EDITOR)
        archives = ARCHIVES.visible_to(user).filter(pk__in=edited.values("target"))
        # Test archives are left out of the choice; the service looks at every case besides.
        archives = archives.filter(phases=None)
        self.fields["archive"].queryset = archives.distinct()  # type: ignore[attr-defined]


class KitTruthForm(UploadForm):
    """Upload the ground truth of the sample."""

    uploads = UploadsField(
        label="Ground truth of the sample",
        help_text="A tar archive (.tar or .tar.gz) laid out as the hidden one, for the sample "
        "cases alone. Participants download it.",
        multiple=False,
        accept=".tar,.gz,.tgz",
    )


class KitSourceForm(UploadForm):
    """Upload the source of the evaluation container."""

    uploads = UploadsField(
        label="Source of the evaluation container",
        help_text="A tar archive (.tar or .tar.gz) with a Dockerfile in its top folder, and "
        "neither hidden data nor secrets. Participants download it.",
        multiple=False,
        accept=".tar,.gz,.tgz",
    )
