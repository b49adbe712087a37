"""Who may do what with challenges, submissions and evaluations."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from app.accounts.policies import RolePolicy
from app.challenges.models import Challenge, ChallengeMember, Evaluation, Submission
from app.core.access import Policy

Role = ChallengeMember.Role


class ChallengePolicy(RolePolicy[Challenge]):
    """Participants look and submit; administrators also change and manage people."""

    model = Challenge
    membership = ChallengeMember
    owner_role = Role.ADMIN
    public_actions = frozenset({"view", "join"})
    grants = {
        Role.PARTICIPANT: frozenset({"view", "submit"}),
        Role.ADMIN: frozenset({"view", "submit", "change", "manage", "delete"}),
    }


class SubmissionPolicy(Policy[Submission]):
    """A submission is seen by its creator and the challenge's administrators."""

    model = Submission

    def visible_to(self, user: Any) -> QuerySet[Submission]:
        """Return the submissions that ``user`` may look at."""
        submissions = Submission.objects.all()
        if not user.is_authenticated:
            return submissions.none()
        if user.is_superuser:
            return submissions
        return submissions.filter(Q(creator=user) | Q(Exists(_administers(user, "phase"))))

    def allows(self, user: Any, obj: Submission, action: str) -> bool:
        """Administrators also see case results, logs and the metrics in full."""
        if action == "view":
            return True
        return CHALLENGES.allows(user, obj.phase.challenge, "change")


class EvaluationPolicy(Policy[Evaluation]):
    """An evaluation is seen by whoever sees its submission."""

    model = Evaluation

    def visible_to(self, user: Any) -> QuerySet[Evaluation]:
        """Return the evaluations that ``user`` may look at."""
        return Evaluation.objects.filter(submission__in=SUBMISSIONS.visible_to(user))

    def allows(self, user: Any, obj: Evaluation, action: str) -> bool:
        """As for the submission."""
        return SUBMISSIONS.allows(user, obj.submission, action)


def _administers(user: Any, path: str) -> QuerySet[ChallengeMember]:
    return ChallengeMember.objects.filter(
        target=OuterRef(f"{path}__challenge"), user=user, role=Role.ADMIN
    )


CHALLENGES = ChallengePolicy()
SUBMISSIONS = SubmissionPolicy()
EVALUATIONS = EvaluationPolicy()
