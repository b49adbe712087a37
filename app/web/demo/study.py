"""The demo's reader study."""

from app.accounts.models import User
from app.accounts.services import grant_role
from archives.models import Archive
from reader_studies.models import Question, ReaderStudy, ReaderStudyMember
from reader_studies.policies import READER_STUDIES
from reader_studies.services import add_display_sets, add_question, create_study


def nodule_study(*, owner: User, reader: User, archive: Archive) -> ReaderStudy:
    """Make a study on the phantom archive with one question of each kind."""
    study = create_study(
        actor=owner,
        title="Nodules in thorax phantoms",
        description="How many nodules do readers find, and how sure are they?",
        instructions="Scroll through every case in a lung window before you answer.",
    )
    add_display_sets(actor=owner, study=study, items=archive.items.order_by("created"))
    kinds = Question.Kind
    add_question(actor=owner, study=study, text="Is there a nodule?", kind=kinds.YES_NO)
    add_question(
        actor=owner,
        study=study,
        text="How many nodules do you see?",
        kind=kinds.NUMBER,
        minimum=0,
        maximum=20,
    )
    add_question(
        actor=owner,
        study=study,
        text="Image quality",
        kind=kinds.CHOICE,
        options=["Good", "Acceptable", "Not diagnostic"],
    )
    add_question(actor=owner, study=study, text="Remarks", kind=kinds.TEXT, required=False)
    role = ReaderStudyMember.Role.READER
    grant_role(READER_STUDIES, actor=owner, obj=study, user=reader, role=role)
    return study
