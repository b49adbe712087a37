"""Verbs on challenges, phases, submissions and evaluations."""

from app.challenges.services.announcements import announce
from app.challenges.services.challenges import create_challenge, join_challenge, update_challenge
from app.challenges.services.choosing import choose_submission
from app.challenges.services.cloning import clone_challenge
from app.challenges.services.combined import create_combined, delete_combined, update_combined
from app.challenges.services.design import declare_design
from app.challenges.services.entrants import entrant_of
from app.challenges.services.evaluations import cancel_evaluation
from app.challenges.services.grants import grant_submissions
from app.challenges.services.pages import create_page, delete_page, update_page
from app.challenges.services.phases import (
    add_ground_truth,
    add_method,
    create_phase,
    update_phase,
)
from app.challenges.services.pictures import set_pictures
from app.challenges.services.predictions import (
    faults_of_predictions,
    require_taken,
    submit_predictions,
)
from app.challenges.services.proposals import (
    accept_proposal,
    decline_proposal,
    propose_challenge,
    withdraw_proposal,
)
from app.challenges.services.ranking_settings import mark_baseline, set_ranking
from app.challenges.services.rankings import compute_ranking
from app.challenges.services.reevaluation import evaluate_again, evaluate_phase_again
from app.challenges.services.registration import (
    add_question,
    change_question,
    delete_question,
)
from app.challenges.services.starter_kit import (
    add_kit_source,
    add_kit_truth,
    choose_sample,
    download_kit,
)
from app.challenges.services.submissions import submit_algorithm
from app.challenges.services.teams import (
    accept_invitation,
    create_team,
    decline_invitation,
    hand_on,
    invite,
    leave_team,
    remove_member,
    rename_team,
    withdraw_invitation,
)

__all__ = [
    "accept_invitation",
    "accept_proposal",
    "add_ground_truth",
    "add_kit_source",
    "add_kit_truth",
    "add_method",
    "add_question",
    "announce",
    "cancel_evaluation",
    "change_question",
    "choose_sample",
    "choose_submission",
    "clone_challenge",
    "compute_ranking",
    "create_challenge",
    "create_combined",
    "create_page",
    "create_phase",
    "create_team",
    "declare_design",
    "decline_invitation",
    "decline_proposal",
    "delete_combined",
    "delete_page",
    "delete_question",
    "download_kit",
    "entrant_of",
    "evaluate_again",
    "evaluate_phase_again",
    "faults_of_predictions",
    "grant_submissions",
    "hand_on",
    "invite",
    "join_challenge",
    "leave_team",
    "mark_baseline",
    "propose_challenge",
    "remove_member",
    "rename_team",
    "require_taken",
    "set_pictures",
    "set_ranking",
    "submit_algorithm",
    "submit_predictions",
    "update_challenge",
    "update_combined",
    "update_page",
    "update_phase",
    "withdraw_invitation",
    "withdraw_proposal",
]
