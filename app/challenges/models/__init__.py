"""Challenges, phases, submissions and evaluations."""

from app.challenges.models.announcement import Announcement
from app.challenges.models.challenge import Challenge, ChallengeMember, ChallengeRequest
from app.challenges.models.design import DesignFreeze, DesignVersion
from app.challenges.models.evaluation import Evaluation, EvaluationCase
from app.challenges.models.page import ChallengePage
from app.challenges.models.phase import EvaluationMethod, GroundTruth, Phase
from app.challenges.models.submission import Submission

__all__ = [
    "Announcement",
    "Challenge",
    "ChallengeMember",
    "ChallengePage",
    "ChallengeRequest",
    "DesignFreeze",
    "DesignVersion",
    "Evaluation",
    "EvaluationCase",
    "EvaluationMethod",
    "GroundTruth",
    "Phase",
    "Submission",
]
