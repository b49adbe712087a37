"""Ranking of submissions; imports no Django."""

from app.challenges.ranking.positions import Direction, rank_positions
from app.challenges.ranking.scores import MissingScore, score_at

__all__ = ["Direction", "MissingScore", "rank_positions", "score_at"]
