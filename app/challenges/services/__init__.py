"""Verbs on challenges, phases, submissions and evaluations."""

from app.challenges.services.challenges import create_challenge, join_challenge, update_challenge
from app.challenges.services.evaluations import cancel_evaluation
from app.challenges.services.phases import (
    add_ground_truth,
    add_method,
    create_phase,
    update_phase,
)
from app.challenges.services.reevaluation import evaluate_again, evaluate_phase_again
from app.challenges.services.submissions import submit_algorithm

__all__ = [
    "add_ground_truth",
    "add_method",
    "cancel_evaluation",
    "create_challenge",
    "create_phase",
    "evaluate_again",
    "evaluate_phase_again",
    "join_challenge",
    "submit_algorithm",
    "update_challenge",
    "update_phase",
]
