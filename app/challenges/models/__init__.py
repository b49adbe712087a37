"""Challenges, teams, phases, submissions and evaluations."""

from app.challenges.models.announcement import Announcement
from app.challenges.models.challenge import Challenge, ChallengeMember, ChallengeRequest
from app.challenges.models.combined import CombinedBoard, CombinedPart
from app.challenges.models.design import DesignFreeze, DesignVersion
from app.challenges.models.entrant import Entrant
from app.challenges.models.evaluation import Evaluation, EvaluationCase
from app.challenges.models.grant import Grant
from app.challenges.models.page import ChallengePage
from app.challenges.models.phase import EvaluationMethod, GroundTruth, Phase
from app.challenges.models.proposal import ChallengeProposal
from app.challenges.models.question import RegistrationQuestion
from app.challenges.models.ranking import Ranking, RankingEntry
from app.challenges.models.score import CaseScore
from app.challenges.models.starter_kit import StarterKit
from app.challenges.models.submission import Submission
from app.challenges.models.team import Team, TeamInvitation, TeamMember

__all__ = [
    "Announcement",
    "CaseScore",
    "Challenge",
    "ChallengeMember",
    "ChallengePage",
    "ChallengeProposal",
    "ChallengeRequest",
    "CombinedBoard",
    "CombinedPart",
    "DesignFreeze",
    "DesignVersion",
    "Entrant",
    "Evaluation",
    "EvaluationCase",
    "EvaluationMethod",
    "Grant",
    "GroundTruth",
    "Phase",
    "Ranking",
    "RankingEntry",
    "RegistrationQuestion",
    "StarterKit",
    "Submission",
    "Team",
    "TeamInvitation",
    "TeamMember",
]
