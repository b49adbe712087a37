"""The desk's reader studies: ten cases with eight types of answers, and one case with all types."""

from collections.abc import Callable
from typing import Any

from app.accounts.models import User
from app.accounts.services import issue_token
from app.sockets.schemas import KINDS
from app.sockets.services import ensure_socket, json_value
from archives.models import Archive
from reader_studies.answer_types import ANSWER_TYPES
from reader_studies.models import ReaderStudy
from tests.factories.accounts import UserFactory
from tests.factories.archives import make_archive, make_item
from tests.factories.studies import make_question, make_study

CASES = 10
SEGMENTS = [
    {"name": "Nodule", "voxel_value": 1, "visible": True},
    {"name": "Vessel", "voxel_value": 2, "visible": True},
]
#: What the ten cases are asked, by type: eight that are answered, under one heading.
EIGHT: dict[str, dict[str, Any]] = {
    "HEAD": {"text": "Lungs", "help_text": "Look at the whole scan first."},
    "BOOL": {"text": "Is there a nodule?"},
    "CHOI": {"text": "Where is it?", "options": ["Left lung", "Right lung", "Both lungs"]},
    "MCHO": {"text": "What else do you see?", "options": ["Emphysema", "Effusion", "Fibrosis"]},
    "NUMB": {"text": "How sure are you?", "minimum": 0, "maximum": 10, "step": "0.5"},
    "TEXT": {"text": "Your code", "widget": "Text Input", "pattern": r"^[A-Z]\d{2}$"},
    "DIST": {"text": "Longest diameter", "color": "#ffd54a"},
    "MPOI": {
        "text": "Every nodule",
        "required": False,
        "confirm_empty": True,
        "confirm_empty_text": "I looked, and there is none.",
    },
    "MASK": {"text": "Outline of the nodule", "segments": SEGMENTS},
}
OPTIONS = {"CHOI", "MCHO"}


def make_studies(images: list[Any], cookie_of: Callable[[User], str]) -> dict[str, str]:
    """Both studies, of one editor and one reader; return the names of their places."""
    editor = UserFactory(username="study-editor")
    reader = UserFactory(username="study-reader", first_name="Rosa", last_name="Reader")
    archive = make_archive(editor=editor, title="Nodules")
    for number in range(CASES):
        make_item(archive, title=f"Scan {number + 1}", image=images[number % len(images)])
    study = _ten_cases(editor, reader, archive)
    every = _every_type(editor, reader, images[0])
    return {
        "study": f"/reader-studies/{study.pk}/",
        "reading": f"/reader-studies/{study.pk}/read/",
        "every_study": f"/reader-studies/{every.pk}/",
        "every_type": f"/reader-studies/{every.pk}/read/",
        "study_reader_cookie": cookie_of(reader),
        "study_editor_cookie": cookie_of(editor),
        "study_token": issue_token(user=editor, name="Results").plain,
    }


def _ten_cases(editor: User, reader: User, archive: Archive) -> ReaderStudy:
    study = make_study(
        editor=editor,
        readers=[reader],
        archive=archive,
        title="Nodules on CT",
        instructions="Scroll through the whole scan before you answer.",
        end_text="Thank you for reading.",
    )
    for kind, fields in EIGHT.items():
        make_question(study, kind=kind, **fields)
    return study


def _every_type(editor: User, reader: User, image: Any) -> ReaderStudy:
    """One case that asks everything; one question begins with what an algorithm found."""
    archive = make_archive(editor=editor, title="One of each")
    make_item(archive, title="Everything", image=image)
    study = make_study(editor=editor, readers=[reader], archive=archive, title="Every type")
    found = ensure_socket(
        slug="found-points", title="Found points", kind="MPOI", relative_path="found.json"
    )
    study.display_sets.get().values.add(json_value(socket=found, value=KINDS["MPOI"].example))
    for key, answer_type in ANSWER_TYPES.items():
        more: dict[str, Any] = {"options": ["First", "Second"]} if key in OPTIONS else {}
        more |= {"segments": SEGMENTS} if key == "MASK" else {}
        make_question(study, kind=key, text=f"{answer_type.words}?", **more)
    fields = {"socket": found, "widget": "Accept/Reject Findings", "required": False}
    make_question(study, kind="MPOI", text="Which findings are right?", **fields)
    return study
