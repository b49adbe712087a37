"""A worker that is killed anywhere loses nothing and doubles nothing."""

import json
import os
from pathlib import Path

import pytest

from app.accounts.models import User
from tests.factories.archives import make_archive
from tests.images import killing
from tests.images.killing import Trial

SEED = 20261126


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3000)
def test_every_image_exactly_once(media: Path, user: User) -> None:
    """`make accept ISSUE=imports` runs this with more files, more kills and a real worker."""
    asked = json.loads(os.environ.get("HOUNSFIELD_KILL_TRIAL", "{}"))
    report = asked.pop("report", "")
    trial = Trial(**{"files": 120, "kills": 3, "seed": SEED, **asked})
    archive = make_archive(editor=user)
    source = killing.begin(trial, archive)
    found = killing.run(trial, source, media=media)
    found |= killing.check(trial, source, archive)
    if report:
        Path(report).write_text(json.dumps(found))
