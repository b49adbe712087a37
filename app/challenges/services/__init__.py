"""Verbs on challenges, phases, submissions and evaluations."""

from app.challenges.services.announcements import announce
from app.challenges.services.challenges import create_challenge, join_challenge, update_challenge
from app.challenges.services.design import declare_design
from app.challenges.services.evaluations import cancel_evaluation
from app.challenges.services.pages import create_page, delete_page, update_page
from app.challenges.services.phases import (
    add_ground_truth,
    add_method,
    create_phase,
    update_phase,
)
from app.challenges.services.submissions import submit_algorithm

__all__ = [
    "add_ground_truth",
    "add_method",
    "announce",
    "cancel_evaluation",
    "create_challenge",
    "create_page",
    "create_phase",
    "declare_design",
    "delete_page",
    "join_challenge",
    "submit_algorithm",
    "update_challenge",
    "update_page",
    "update_phase",
]
