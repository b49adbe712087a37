"""Challenges, phases, submissions and evaluations."""

from app.challenges.models.challenge import Challenge, ChallengeMember, ChallengeRequest
from app.challenges.models.evaluation import Evaluation, EvaluationCase
from app.challenges.models.phase import EvaluationMethod, GroundTruth, Phase
from app.challenges.models.score import CaseScore
from app.challenges.models.submission import Submission

__all__ = [
    "CaseScore",
    "Challenge",
    "ChallengeMember",
    "ChallengeRequest",
    "Evaluation",
    "EvaluationCase",
    "EvaluationMethod",
    "GroundTruth",
    "Phase",
    "Submission",
]
