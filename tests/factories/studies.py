"""The smallest valid reader studies."""

from collections.abc import Sequence
from typing import Any

from app.accounts.models import User
from app.accounts.services import grant_role
from archives.models import Archive
from reader_studies.models import Question, ReaderStudy
from reader_studies.policies import READER_STUDIES
from reader_studies.services import add_display_sets, add_question, create_study
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive


class Kind:
    """Types of answers that tests name most."""

    TEXT = "TEXT"
    NUMBER = "NUMB"
    CHOICE = "CHOI"
    CHOICES = "MCHO"
    YES_NO = "BOOL"
    HEADING = "HEAD"
    MASK = "MASK"
    values = (TEXT, NUMBER, CHOICE, CHOICES, YES_NO)


_counter = iter(range(10**9))


def make_study(
    *,
    editor: User | None = None,
    readers: Sequence[User] = (),
    cases: int = 0,
    archive: Archive | None = None,
    **fields: Any,
) -> ReaderStudy:
    """A study on ``cases`` display sets (of ``archive`` if one is given)."""
    editor = editor or UserFactory()
    values = {"title": f"Study {next(_counter)}"} | fields
    study = create_study(actor=editor, **values)
    for reader in readers:
        grant_role(READER_STUDIES, actor=editor, obj=study, user=reader, role="READER")
    if archive is None and cases:
        archive = make_archive(editor=editor, cases=cases)
    if archive is not None:
        items = archive.items.order_by("created")
        add_display_sets(actor=editor, study=study, items=items)
    return study


def make_question(
    study: ReaderStudy, *, kind: str = Kind.YES_NO, text: str = "Nodule?", **fields: Any
) -> Question:
    """A question; a choice has the options A and B."""
    editor = study.memberships.filter(role="EDITOR")[0].user
    if kind in (Kind.CHOICE, Kind.CHOICES):
        fields.setdefault("options", ["A", "B"])
    return add_question(actor=editor, study=study, kind=kind, text=text, **fields)
