"""What an evaluation container says of single cases, and what of a log may be shown.

Imports no Django.
"""

from app.challenges.scoring.masking import Masker, masked_excerpt
from app.challenges.scoring.results import CaseResult, Results, Score, read_results
from app.challenges.scoring.totals import disagreements

__all__ = [
    "CaseResult",
    "Masker",
    "Results",
    "Score",
    "disagreements",
    "masked_excerpt",
    "read_results",
]
