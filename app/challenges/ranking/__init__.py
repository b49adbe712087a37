"""Ranking of submissions; imports no Django."""

from app.challenges.ranking.best import best_of_each
from app.challenges.ranking.counted import chosen_of_each, ladder_of_each, latest_of_each
from app.challenges.ranking.plan import Plan
from app.challenges.ranking.plan_reading import PlanInvalid, parse_plan, read_plan
from app.challenges.ranking.positions import Direction, rank_positions
from app.challenges.ranking.ranking import RankingRefused
from app.challenges.ranking.run import rank, rank_bytes
from app.challenges.ranking.scores import MissingScore, score_at
from app.challenges.ranking.scores_reading import ScoresInvalid, read_scores
from app.challenges.ranking.table import ScoreTable

__all__ = [
    "Direction",
    "MissingScore",
    "Plan",
    "PlanInvalid",
    "RankingRefused",
    "ScoreTable",
    "ScoresInvalid",
    "best_of_each",
    "chosen_of_each",
    "ladder_of_each",
    "latest_of_each",
    "parse_plan",
    "rank",
    "rank_bytes",
    "rank_positions",
    "read_plan",
    "read_scores",
    "score_at",
]
