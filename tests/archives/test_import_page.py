"""The page where files are brought into an archive."""

import pytest
from django.test import Client

from app.images.models import DeidentificationSettings
from app.images.services import deidentification_settings
from tests.factories.accounts import UserFactory, sign_in
from tests.factories.archives import make_archive

pytestmark = pytest.mark.django_db


def test_the_preview_marks_headers_by_the_options_of_the_archive(client: Client) -> None:
    editor = UserFactory()
    archive = make_archive(editor=editor)
    page = f"/archives/{archive.pk}/import/"
    sign_in(client, editor)
    assert 'data-keeps=""' in client.get(page).content.decode()
    assert not DeidentificationSettings.objects.exists(), "looking makes no settings"
    found = deidentification_settings("archive", archive.pk)
    found.options = ["retain_patient_characteristics"]
    found.save()
    assert 'data-keeps="retain_patient_characteristics"' in client.get(page).content.decode()
