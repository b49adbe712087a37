"""What challenges hold of a person."""

from collections.abc import Iterator

from app.accounts.models import User
from app.accounts.personal_data import Row
from app.challenges.leaderboards.shown_scores import shown_score
from app.challenges.models import (
    Announcement,
    ChallengeProposal,
    DesignVersion,
    Submission,
    TeamInvitation,
    TeamMember,
)
from app.challenges.services.teams import leave_all_teams


def made_submissions(user: User) -> Iterator[Row]:
    """Yield the person's submissions with how they were scored."""
    rows = Submission.objects.filter(creator=user).select_related(
        "phase__challenge", "version__algorithm"
    )
    for submission in rows.prefetch_related("evaluations").order_by("created").iterator(500):
        yield {
            "id": submission.pk,
            "challenge": submission.phase.challenge.title,
            "phase": submission.phase.title,
            "algorithm": submission.version and submission.version.algorithm.title,
            "version": submission.version and submission.version.number,
            "file": submission.file_name,
            "file_sha256": submission.file_sha256,
            "comment": submission.comment,
            "state": submission.state,
            "created": submission.created,
            "evaluations": [
                {
                    "id": found.pk,
                    "state": found.state,
                    "score": shown_score(found, submission.phase),
                    "rank": found.rank,
                }
                for found in submission.evaluations.all()
            ],
        }


def joined_teams(user: User) -> Iterator[Row]:
    """Yield the teams that the person is in, and those that asked them."""
    members = TeamMember.objects.filter(user=user).select_related("team__challenge")
    for member in members.order_by("created").iterator():
        yield {
            "challenge": member.team.challenge.title,
            "team": member.team.title,
            "captain": member.team.captain_id == user.pk,
            "since": member.created,
        }
    asked = TeamInvitation.objects.filter(user=user).select_related("team__challenge")
    for invitation in asked.order_by("created").iterator():
        yield {
            "challenge": invitation.team.challenge.title,
            "team": invitation.team.title,
            "invited": invitation.created,
            "state": invitation.state,
        }


def leave_teams(user: User) -> None:
    """Take somebody whose account is deleted out of every team."""
    leave_all_teams(user)


def written_for_challenges(user: User) -> Iterator[Row]:
    """Yield the announcements and the versions of designs that the person wrote."""
    made = Announcement.objects.filter(author=user).select_related("challenge")
    for announcement in made.order_by("created").iterator(500):
        yield {
            "challenge": announcement.challenge.title,
            "announcement": announcement.title,
            "text": announcement.text,
            "created": announcement.created,
        }
    declared = DesignVersion.objects.filter(author=user).select_related("challenge", "phase")
    for version in declared.order_by("created").iterator(500):
        yield {
            "challenge": version.challenge.title,
            "phase": version.phase.title if version.phase else None,
            "design": version.number,
            "reason": version.reason,
            "document": version.document,
            "created": version.created,
        }


def proposed_challenges(user: User) -> Iterator[Row]:
    """Yield the challenges that the person proposed, with what was decided."""
    fields = ("id", "title", "task", "purpose", "submissions", "data", "compute")
    rows = ChallengeProposal.objects.filter(user=user).order_by("created")
    yield from rows.values(*fields, "state", "reason", "created", "decided_at").iterator()


def forget_proposals(user: User) -> None:
    """Delete what somebody proposed whose account is deleted; challenges made of it stay."""
    ChallengeProposal.objects.filter(user=user).delete()
