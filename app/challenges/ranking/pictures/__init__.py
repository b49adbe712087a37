"""Pictures of a ranking with what they tell: how to read each, its finding in words, its table."""

from app.challenges.ranking.pictures.asked import Asked, Table
from app.challenges.ranking.pictures.registry import KINDS, Picture, PictureKind, picture, why_not

__all__ = ["KINDS", "Asked", "Picture", "PictureKind", "Table", "picture", "why_not"]
