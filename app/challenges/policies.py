"""Who may do what with challenges, submissions and evaluations."""

from typing import Any, TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from app.accounts.models import User
from app.accounts.policies import RolePolicy
from app.challenges.models import (
    Challenge,
    ChallengeMember,
    ChallengeProposal,
    Evaluation,
    Phase,
    Submission,
    Team,
    TeamInvitation,
    TeamMember,
)
from app.core.access import Policy

M = TypeVar("M", bound=Model)
Role = ChallengeMember.Role
EVALUATOR_ACTIONS = frozenset({"claim", "download", "read-file"})
"""Taking an evaluation over to score it outside, and what was handed in for that."""


OWN_ACTIONS = frozenset({"cancel", "log", "read-file"})
"""Stopping one's own evaluation, reading what one's own container wrote, or one's own file."""


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

    def allows(self, user: Any, obj: Challenge, action: str) -> bool:
        """Whoever manages a challenge and may make another one clones it."""
        if action == "clone":
            return self.may_create(user) and super().allows(user, obj, "manage")
        return super().allows(user, obj, action)

    def may_create(self, user: Any) -> bool:
        """Tell whether ``user`` may make challenges: verified people and the portal's staff.

        Others propose one.
        """
        known = user.is_authenticated and (user.is_verified or user.is_staff or user.is_superuser)
        return bool(known)


class ProposalPolicy(Policy[ChallengeProposal]):
    """Whoever proposed a challenge looks and withdraws; the portal's staff decide."""

    model = ChallengeProposal

    def visible_to(self, user: Any) -> QuerySet[ChallengeProposal]:
        """Return the own proposals; to the staff everybody's."""
        found = ChallengeProposal.objects.select_related("user", "decided_by", "challenge")
        if not user.is_authenticated:
            return found.none()
        return found if self.reviews(user) else found.filter(user=user)

    def allows(self, user: Any, obj: ChallengeProposal, action: str) -> bool:
        """Nobody but the staff reviews, nobody but the person withdraws."""
        if action == "review":
            return self.reviews(user)
        mine = bool(obj.user_id == user.pk)
        return mine if action == "withdraw" else action == "view" and (mine or self.reviews(user))

    def reviews(self, user: Any) -> bool:
        """Tell whether ``user`` decides on proposals."""
        return bool(user.is_authenticated and (user.is_staff or user.is_superuser))

    def reviewers(self) -> QuerySet[User]:
        """Return everybody who decides on proposals."""
        return User.objects.filter(Q(is_staff=True) | Q(is_superuser=True), is_active=True)


class SubmissionPolicy(Policy[Submission]):
    """A submission is seen by its creator and the team that it is from.

    The challenge's administrators and evaluators see it too.
    """

    model = Submission

    def visible_to(self, user: Any) -> QuerySet[Submission]:
        """Return the submissions that ``user`` may look at."""
        return _seen_by(user, Submission.objects.all())

    def allows(self, user: Any, obj: Submission, action: str) -> bool:
        """Evaluators also take the container; administrators see logs and metrics in full.

        Whoever handed in may cancel, and read the masked log of a case that failed and the file
        that they handed in, as may their team. Evaluators take that file too. Whoever it stands for
        on the leaderboard chooses it as the result that counts, and nobody else.
        """
        if action == "choose":
            return _stands_for(user, obj) and CHALLENGES.allows(user, obj.phase.challenge, "submit")
        if action == "view":
            return True
        needed = "evaluate" if action in EVALUATOR_ACTIONS else "change"
        challenge = obj.phase.challenge
        if any(CHALLENGES.allows(user, challenge, one) for one in {needed, "change"}):
            return True
        return action in OWN_ACTIONS and _is_of(user, obj)


class EvaluationPolicy(Policy[Evaluation]):
    """An evaluation is seen by whoever sees its submission."""

    model = Evaluation

    def visible_to(self, user: Any) -> QuerySet[Evaluation]:
        """Return the evaluations that ``user`` may look at."""
        return _seen_by(user, Evaluation.objects.all(), path="submission__")

    def visible_in(self, user: Any, phase: Phase) -> QuerySet[Evaluation]:
        """Return those of them in ``phase``.

        Whoever sees all is known before, by the phase's challenge: not to ask for each row halves
        the time that PostgreSQL plans.
        """
        sees_all = any(
            CHALLENGES.allows(user, phase.challenge, one) for one in ("change", "evaluate")
        )
        rows = Evaluation.objects.all() if sees_all else self.visible_to(user)
        return rows.filter(submission__phase=phase)

    def allows(self, user: Any, obj: Evaluation, action: str) -> bool:
        """As for the submission."""
        return SUBMISSIONS.allows(user, obj.submission, action)


class TeamPolicy(Policy[Team]):
    """Whoever sees the challenge sees its teams; captains and organizers lead them."""

    model = Team

    def visible_to(self, user: Any) -> QuerySet[Team]:
        """Return the teams that are there now, of the challenges that ``user`` may look at."""
        return Team.objects.filter(dissolved_at=None, challenge__in=CHALLENGES.visible_to(user))

    def allows(self, user: Any, obj: Team, action: str) -> bool:
        """Members leave; captains and the challenge's administrators do everything else."""
        if action == "view":
            return True
        if action == "leave":
            return TeamMember.objects.filter(team=obj, user=user).exists()
        needed = "submit" if obj.captain_id == user.pk else "change"
        return CHALLENGES.allows(user, obj.challenge, needed)


class InvitationPolicy(Policy[TeamInvitation]):
    """An invitation is between the invited person and whoever leads the team."""

    model = TeamInvitation

    def visible_to(self, user: Any) -> QuerySet[TeamInvitation]:
        """Return the invitations that ``user`` got, or that come from a team of theirs."""
        if not user.is_authenticated:
            return TeamInvitation.objects.none()
        of_team = TeamMember.objects.filter(team=OuterRef("team"), user=user)
        organizes = ChallengeMember.objects.filter(
            target=OuterRef("team__challenge"), user=user, role=Role.ADMIN
        )
        found = TeamInvitation.objects.all()
        if user.is_superuser:
            return found
        return found.filter(Q(user=user) | Q(Exists(of_team)) | Q(Exists(organizes)))

    def allows(self, user: Any, obj: TeamInvitation, action: str) -> bool:
        """The invited person answers, whoever leads the team takes it back."""
        if action == "view":
            return True
        if action == "answer":
            return bool(obj.user_id == user.pk)
        return TEAMS.allows(user, obj.team, "lead")


def _seen_by(user: Any, rows: QuerySet[M], *, path: str = "") -> QuerySet[M]:
    """Return those of ``rows`` whose submission, at ``path``, is for ``user`` to look at.

    A condition on the rows themselves: a query for the submissions in the middle of another makes
    PostgreSQL plan the joins of both together, for longer than it reads.
    """
    if not user.is_authenticated:
        return rows.none()
    if user.is_superuser:
        return rows
    of_team = TeamMember.objects.filter(team__entrant=OuterRef(f"{path}entrant"), user=user)
    roles = [Role.ADMIN, *CHALLENGES.roles_with("evaluate")]
    sees_all = ChallengeMember.objects.filter(
        target__phases=OuterRef(f"{path}phase"), user=user, role__in=roles
    )
    mine = Q(**{f"{path}creator": user}) | Q(Exists(of_team))
    return rows.filter(mine | Q(Exists(sees_all)))


def _is_of(user: Any, submission: Submission) -> bool:
    if submission.creator_id == user.pk:
        return True
    return TeamMember.objects.filter(team__entrant=submission.entrant_id, user=user).exists()


def _stands_for(user: Any, submission: Submission) -> bool:
    entrant = submission.competes_as
    if entrant.team_id is None:
        return bool(entrant.person_id == user.pk)
    return TeamMember.objects.filter(team=entrant.team_id, user=user).exists()


CHALLENGES = ChallengePolicy()
PROPOSALS = ProposalPolicy()
SUBMISSIONS = SubmissionPolicy()
EVALUATIONS = EvaluationPolicy()
TEAMS = TeamPolicy()
INVITATIONS = InvitationPolicy()
