"""What people of a seed file hand in to phases: algorithms, and files with predictions."""

from app.accounts.models import User
from app.challenges.models import Phase, Submission
from app.challenges.policies import CHALLENGES
from app.challenges.services import submit_algorithm, submit_predictions
from app.core.errors import ValidationFailed
from app.web.seeding.document_phases import SubmissionEntry
from app.web.seeding.places import digest_of, file_below
from app.web.seeding.run import Refused, Run


def seed_submission(run: Run, entry: SubmissionEntry, phase: Phase, path: str) -> None:
    """Hand in an algorithm or a file, unless this person handed in the same one before."""
    user: User = run.get("user", entry.user, path=f"{path}.user")
    if not CHALLENGES.allows(user, phase.challenge, "submit"):
        raise Refused(f"{path}.user", f"{user.username} does not take part in the challenge.")
    if entry.file is not None:
        _hand_in_file(run, entry, phase, user, path)
    else:
        _hand_in_algorithm(run, entry, phase, user, path)


def _hand_in_algorithm(
    run: Run, entry: SubmissionEntry, phase: Phase, user: User, path: str
) -> None:
    algorithm = run.get("algorithm", entry.algorithm or "", path=f"{path}.algorithm")
    held = Submission.objects.filter(phase=phase, creator=user, version__algorithm=algorithm)
    run.settle(
        held.filter(pk=entry.pk).first() if entry.pk else held.first(),
        path=path,
        kind="submission",
        name=f"of {algorithm} by {user.username} to {phase}",
        make=lambda: submit_algorithm(
            actor=user, phase=phase, algorithm=algorithm, comment=entry.comment, pk=entry.pk
        ),
    )


def _hand_in_file(run: Run, entry: SubmissionEntry, phase: Phase, user: User, path: str) -> None:
    given = entry.file or ""

    def make() -> Submission:
        upload = run.adopt(user, given)
        try:
            made = submit_predictions(
                actor=user, phase=phase, upload=upload, comment=entry.comment, pk=entry.pk
            )
        except ValidationFailed as error:
            words = " ".join(error.fields.get("uploads", ())) or error.message
            raise Refused(f"{path}.file", words) from error
        run.stored.append(made.file_key)
        return made

    digest = digest_of(file_below(run.folder, given))
    held = Submission.objects.filter(phase=phase, creator=user, file_sha256=digest)
    run.settle(
        held.filter(pk=entry.pk).first() if entry.pk else held.first(),
        path=path,
        kind="submission",
        name=f"of “{given}” by {user.username} to {phase}",
        make=make,
    )
