"""Forms that take files which have already been uploaded in parts."""

from typing import Any

from django import forms


class UploadForm(forms.Form):
    """A form whose field ``uploads``, an `UploadsField`, takes uploads of ``user`` alone."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["uploads"].user = user  # type: ignore[attr-defined]
