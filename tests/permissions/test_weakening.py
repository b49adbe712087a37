"""The tests of rights can fail: one weakened policy, and a table that was bent to fit it.

All of them: `make accept ISSUE=permissions`.
"""

import pytest

from tests.acceptance.permissions import TABLE, failures, regenerated

NAME, ROWS = "users-edit-archives", "archives_edit or archives_people"
STORY = "neither_changes"
STORIES = ["tests/permissions/test_stories.py"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_regenerated_table_does_not_make_the_stories_pass() -> None:
    assert failures(NAME, TABLE, "-k", ROWS) > 0
    assert regenerated(NAME, rows=ROWS, told=STORY, stories=STORIES)["stories"] > 0
