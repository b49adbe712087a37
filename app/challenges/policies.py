"""Who may do what with challenges, submissions and evaluations."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from app.accounts.policies import RolePolicy
from app.challenges.models import Challenge, ChallengeMember, Evaluation, Submission
from app.core.access import Policy

Role = ChallengeMember.Role
EVALUATOR_ACTIONS = frozenset({"claim", "download"})
"""Taking an evaluation over to score it outside, and the submitted container for that."""


OWN_ACTIONS = frozenset({"cancel", "log"})
"""Stopping one's own evaluation, and reading what one's own container wrote."""


class ChallengePolicy(RolePolicy[Challenge]):
    """Participants look and submit; administrators also change and manage people.

    External evaluators look, and score submissions outside of the portal; they do not submit, and
    see neither the ground truth nor the hidden cases.
    """

    model = Challenge
    membership = ChallengeMember
    owner_role = Role.ADMIN
    public_actions = frozenset({"view", "join"})
    grants = {
        Role.EVALUATOR: frozenset({"view", "evaluate"}),
        Role.PARTICIPANT: frozenset({"view", "submit"}),
        Role.ADMIN: frozenset({"view", "submit", "change", "manage", "delete"}),
    }


class SubmissionPolicy(Policy[Submission]):
    """A submission is seen by its creator, and the challenge's administrators and evaluators."""

    model = Submission

    def visible_to(self, user: Any) -> QuerySet[Submission]:
        """Return the submissions that ``user`` may look at."""
        submissions = Submission.objects.all()
        if not user.is_authenticated:
            return submissions.none()
        if user.is_superuser:
            return submissions
        return submissions.filter(Q(creator=user) | Q(Exists(_sees_submissions(user))))

    def allows(self, user: Any, obj: Submission, action: str) -> bool:
        """Evaluators also take the container; administrators see logs and metrics in full.

        Whoever handed in may cancel, and read the masked log of a case that failed.
        """
        if action == "view" or (action in OWN_ACTIONS and obj.creator_id == user.pk):
            return True
        needed = "evaluate" if action in EVALUATOR_ACTIONS else "change"
        challenge = obj.phase.challenge
        return any(CHALLENGES.allows(user, challenge, one) for one in {needed, "change"})


class EvaluationPolicy(Policy[Evaluation]):
    """An evaluation is seen by whoever sees its submission."""

    model = Evaluation

    def visible_to(self, user: Any) -> QuerySet[Evaluation]:
        """Return the evaluations that ``user`` may look at."""
        return Evaluation.objects.filter(submission__in=SUBMISSIONS.visible_to(user))

    def allows(self, user: Any, obj: Evaluation, action: str) -> bool:
        """As for the submission."""
        return SUBMISSIONS.allows(user, obj.submission, action)


def _sees_submissions(user: Any) -> QuerySet[ChallengeMember]:
    roles = [Role.ADMIN, *CHALLENGES.roles_with("evaluate")]
    return ChallengeMember.objects.filter(
        target=OuterRef("phase__challenge"), user=user, role__in=roles
    )


CHALLENGES = ChallengePolicy()
SUBMISSIONS = SubmissionPolicy()
EVALUATIONS = EvaluationPolicy()
