"""Browsers mark attributes by the rules that de-identification follows."""

import json

from django.conf import settings

from app.images.deidentify.profile import Profile
from app.images.deidentify.rules import rules_of
from app.images.management.commands.preview_table import PLACE, preview_table


def test_the_committed_table_is_the_one_of_deidentification() -> None:
    text = (settings.BASE_DIR / PLACE).read_text()
    assert text == preview_table(), "run `manage.py preview_table` and build the front end"


def test_what_it_says_is_what_is_done() -> None:
    found = json.loads(preview_table())
    rules = rules_of(Profile())
    for tag, (_, _, action, *_) in found["attributes"].items():
        assert rules.rule(int(tag, 16)).action == (action or "X"), tag
    assert found["attributes"]["00100010"][:2] == ["Patient's Name", "PN"]
    assert found["attributes"]["00100040"][3]["retain_patient_characteristics"] == "K"
