"""What people are told about submissions and evaluations."""

from django.urls import reverse

from app.accounts.models import User
from app.challenges.models import ChallengeMember, EvaluationMethod, Phase
from app.execution.models import ContainerImage
from app.notifications.kinds import register_kind
from app.notifications.services import notify

EVALUATION_DONE = "challenges.evaluation.finished"
EVALUATION_FAILED = "challenges.evaluation.failed"
ANNOUNCED = "challenges.announcement.made"
SUBMISSION_RECEIVED = "challenges.submission.received"
TEAM_INVITED = "challenges.team.invited"
TEAM_CHANGED = "challenges.team.changed"
GRANTED = "challenges.grant.given"
PROPOSED = "challenges.proposal.made"
PROPOSAL_DECIDED = "challenges.proposal.decided"


def register_news() -> None:
    """Register the kinds of news."""
    register_kind(
        ANNOUNCED,
        "Announcements of challenges",
        "The organizers of a challenge announced something.",
    )
    register_kind(EVALUATION_DONE, "Evaluations done", "Your submission has its score.")
    register_kind(
        EVALUATION_FAILED,
        "Evaluations failed",
        "An evaluation of your submission, or in a challenge that you organize, failed.",
    )
    register_kind(
        SUBMISSION_RECEIVED, "New submissions", "Somebody handed in to a challenge of yours."
    )
    register_kind(PROPOSED, "Challenges proposed", "Somebody asks the staff for a challenge.")
    register_kind(
        PROPOSAL_DECIDED, "Proposals decided", "A challenge that you proposed was decided on."
    )
    register_kind(TEAM_INVITED, "Invitations to teams", "Somebody wants you in their team.")
    register_kind(
        TEAM_CHANGED, "Changes of your teams", "Somebody joined, declined or left, or you lead now."
    )
    register_kind(
        GRANTED, "More submissions", "An organizer granted you or your team more submissions."
    )


def page_of_method(image: ContainerImage) -> str:
    """Return the page where the phase that an evaluation method was uploaded for is set up."""
    method = EvaluationMethod.objects.filter(container_image=image).order_by("created").first()
    return reverse("challenges:setup_phase", args=[method.phase_id]) if method else ""


def tell_organizers(phase: Phase, *, kind: str, text: str, url: str, but: User) -> None:
    """Tell the challenge's administrators, except whoever it was that did it."""
    rows = ChallengeMember.objects.filter(
        target=phase.challenge, role=ChallengeMember.Role.ADMIN
    ).exclude(user=but)
    for row in rows.select_related("user"):
        notify(user=row.user, kind=kind, text=text, url=url)
