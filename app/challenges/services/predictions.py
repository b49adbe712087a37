"""Handing in a file with predictions: checked at once, before it costs an attempt."""

from pathlib import PurePath
from uuid import UUID

from django.db import transaction

from app.accounts.models import User
from app.challenges.models import Phase, Submission
from app.challenges.selectors import counting_submissions
from app.challenges.services.submissions import hand_in, locked_phase, require_open
from app.challenges.standing import counted_for
from app.challenges.teams import people_with
from app.core.errors import Conflict, ValidationFailed
from app.core.ids import new_id
from app.core.scratch import scratch_folder
from app.sockets.schemas import Fault, faults_of_document_apart
from app.uploads.models import UserUpload
from app.uploads.services import consume_upload, fetch_upload

MIB = 2**20
ARCHIVES = frozenset({".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar"})
_RULES = ("kind", "predictions_form", "predictions_schema", "predictions_max_mb")


def submit_predictions(
    *,
    actor: User,
    phase: Phase,
    upload: UserUpload,
    comment: str = "",
    pk: UUID | None = None,
) -> Submission:
    """Hand in an uploaded file; its evaluation starts at once.

    Raises an error, and stores nothing, when the phase is closed or not ready, the limit is
    reached, the file does not fit the phase's schema, or the same one was handed in before. The
    file is read before the phase is locked: others hand in meanwhile.
    """
    require_taken(phase)
    require_open(phase, actor=actor)
    faults = faults_of_predictions(phase, upload)
    if faults:
        raise ValidationFailed(fields={"uploads": [in_words(fault) for fault in faults]})
    return _take(actor=actor, phase=phase, upload=upload, comment=comment, pk=pk)


def faults_of_predictions(phase: Phase, upload: UserUpload) -> list[Fault]:
    """Return why ``phase`` does not take the file, the first reasons of many; nothing if it does.

    The file is read in a process of its own.
    """
    misnamed = _fault_of_name(upload.filename, ending=f".{phase.predictions_form.lower()}")
    if misnamed:
        return [Fault("", misnamed)]
    if upload.size > phase.predictions_max_bytes:
        size = f"{upload.size / MIB:.1f}"
        return [
            Fault("", f"The file has {size} MiB; at most {phase.predictions_max_mb} are taken.")
        ]
    with scratch_folder("predictions") as folder:
        path = folder / "file"
        fetch_upload(upload, path=path)
        form, schema = phase.predictions_form, phase.predictions_schema
        return faults_of_document_apart(path, form=form, schema=schema)


def _fault_of_name(name: str, *, ending: str) -> str:
    """Return why a file of this name is not taken; the page says the same (frontend/check.ts)."""
    named = PurePath(name).suffix.lower()
    if named in ARCHIVES:
        return (
            f"Archives ({named}) are not taken: the file itself is checked before it counts. "
            f"Unpack it and hand in the {ending} file."
        )
    return "" if named == ending else f"The name of the file does not end with {ending}."


def in_words(fault: Fault) -> str:
    """Return a fault as one line."""
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def require_taken(phase: Phase) -> None:
    """Raise `Conflict` unless ``phase`` takes files with predictions."""
    if not phase.takes_predictions:
        raise Conflict("This phase takes no files.", advice="Hand in an algorithm.")


@transaction.atomic
def _take(
    *, actor: User, phase: Phase, upload: UserUpload, comment: str, pk: UUID | None
) -> Submission:
    """Take in a file that was checked by what ``phase`` asked for then."""
    checked = [getattr(phase, name) for name in _RULES]
    phase = locked_phase(phase)
    if checked != [getattr(phase, name) for name in _RULES]:
        raise Conflict("The organizers just changed what this phase takes.", advice="Try again.")
    require_open(phase, actor=actor)
    _check_new(phase, actor=actor, upload=upload)
    key = f"predictions/{new_id()}.{phase.predictions_form.lower()}"
    name, sha256 = upload.filename, upload.sha256
    stored = consume_upload(upload, to=key)
    return hand_in(
        actor=actor,
        phase=phase,
        comment=comment,
        pk=pk,
        file_name=name,
        file_key=key,
        file_size=stored.size,
        file_sha256=sha256,
    )


def _check_new(phase: Phase, *, actor: User, upload: UserUpload) -> None:
    """Refuse what these people handed in before; others may come to the same predictions."""
    people = people_with(actor, phase.challenge)
    ours = counted_for(counting_submissions(phase), phase, people)
    if ours.filter(file_sha256=upload.sha256).exists():
        raise ValidationFailed(fields={"uploads": ["You handed in this very file already."]})
