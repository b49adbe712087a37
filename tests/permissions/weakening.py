"""A pytest plugin that weakens one policy, to see whether the tests of rights notice.

``HOUNSFIELD_WEAKEN`` names one of `WEAKENINGS`. With ``HOUNSFIELD_TABLE=record`` the table is not
compared but written to the folder ``HOUNSFIELD_TABLE_FOLDER``, as somebody would who regenerates it
until it is green; with ``use`` the written one is taken for the truth.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def _users_edit_archives() -> None:
    from archives.policies import ARCHIVES, Role

    ARCHIVES.grants = {**ARCHIVES.grants, Role.USER: ARCHIVES.grants[Role.EDITOR]}  # type: ignore[misc]


def _readers_see_results() -> None:
    from reader_studies.policies import READER_STUDIES, Role

    more = READER_STUDIES.grants[Role.READER] | {"statistics"}
    READER_STUDIES.grants = {**READER_STUDIES.grants, Role.READER: more}  # type: ignore[misc]


def _participants_change_challenges() -> None:
    from app.challenges.policies import CHALLENGES, Role

    more = CHALLENGES.grants[Role.PARTICIPANT] | {"change"}
    CHALLENGES.grants = {**CHALLENGES.grants, Role.PARTICIPANT: more}  # type: ignore[misc]


def _everybody_sees_images() -> None:
    from app.images.models.image import ImageQuerySet

    ImageQuerySet.visible_to = lambda self, user: self  # type: ignore[method-assign]


def _everybody_sees_submissions() -> None:
    from app.challenges.models import Submission
    from app.challenges.policies import SubmissionPolicy

    SubmissionPolicy.visible_to = lambda self, user: Submission.objects.all()  # type: ignore[method-assign]


def _whoever_sees_a_run_cancels_it() -> None:
    from algorithms.policies import RunPolicy

    RunPolicy.allows = lambda self, user, obj, action: True  # type: ignore[method-assign]


def _everybody_sees_tokens() -> None:
    from app.accounts.models import Token
    from app.accounts.token_policy import TokenPolicy

    TokenPolicy.visible_to = lambda self, user: Token.objects.all()  # type: ignore[method-assign]


def _every_role_does_everything() -> None:
    from app.accounts.policies import RolePolicy

    RolePolicy.allows = lambda self, user, obj, action: bool(user.is_authenticated)  # type: ignore[method-assign]


WEAKENINGS: dict[str, Callable[[], None]] = {
    "users-edit-archives": _users_edit_archives,
    "readers-see-results": _readers_see_results,
    "participants-change-challenges": _participants_change_challenges,
    "everybody-sees-images": _everybody_sees_images,
    "everybody-sees-submissions": _everybody_sees_submissions,
    "whoever-sees-a-run-cancels-it": _whoever_sees_a_run_cancels_it,
    "everybody-sees-tokens": _everybody_sees_tokens,
    "every-role-does-everything": _every_role_does_everything,
}


@pytest.hookimpl(trylast=True)
def pytest_collection() -> None:
    """Weaken, once Django is up and before anything is tested."""
    WEAKENINGS[os.environ["HOUNSFIELD_WEAKEN"]]()
    mode = os.environ.get("HOUNSFIELD_TABLE")
    if mode:
        {"record": _record, "use": _use}[mode](Path(os.environ["HOUNSFIELD_TABLE_FOLDER"]))


def _key(row: Any, role: str) -> str:
    return f"{row} {sorted(row.query.items())} {role}"


def _record(folder: Path) -> None:
    from django.test import override_settings

    from tests.permissions import test_table
    from tests.permissions.world import ROLES

    def check(self: Any, row: Any) -> None:
        with override_settings(STORAGE_URL=f"file://{self.folder}"):
            for role in ROLES:
                try:
                    found = test_table.outcome(row, role=role, world=self.world)
                except AssertionError:
                    continue  # what changed in spite of a refusal cannot be written down at all
                with (folder / f"{os.getpid()}.jsonl").open("a") as lines:
                    lines.write(json.dumps([_key(row, role), found]) + "\n")

    test_table.TestTable.check = check  # type: ignore[method-assign]


def _use(folder: Path) -> None:
    from tests.permissions.table import Row

    written = dict(
        json.loads(line)
        for path in folder.glob("*.jsonl")
        for line in path.read_text().split("\n")
        if line
    )
    before = Row.expected
    Row.expected = lambda self, role: written.get(_key(self, role), before(self, role))  # type: ignore[method-assign]
