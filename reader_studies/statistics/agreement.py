"""Agreement between readers on categorical answers.

Each case is a sequence of the answers given by its readers; cases may have different numbers of
readers. Sources: Fleiss, Psychological Bulletin 76 (1971) 378-382; the form for unequal numbers
of raters per case follows Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions
(3rd ed.), section 18.3.
"""

from collections import Counter
from collections.abc import Hashable, Sequence

Cases = Sequence[Sequence[Hashable]]


def percent_agreement(cases: Cases) -> float | None:
    """Return the share (0 to 1) of agreeing reader pairs, averaged over cases.

    Cases with fewer than two answers say nothing and are left out; ``None`` if none is left.
    """
    shares = [_pair_agreement(answers) for answers in cases if len(answers) > 1]
    return sum(shares) / len(shares) if shares else None


def fleiss_kappa(cases: Cases) -> float | None:
    """Return Fleiss' kappa, agreement beyond chance: 1 is perfect, 0 is chance.

    ``None`` when no case has two answers, or when every answer is the same (kappa is undefined,
    since chance agreement is then certain).
    """
    rated = [answers for answers in cases if len(answers) > 1]
    observed = percent_agreement(rated)
    if observed is None:
        return None
    counts = Counter(answer for answers in rated for answer in answers)
    total = sum(counts.values())
    chance = sum((count / total) ** 2 for count in counts.values())
    if chance == 1:
        return None
    return (observed - chance) / (1 - chance)


def _pair_agreement(answers: Sequence[Hashable]) -> float:
    n = len(answers)
    agreeing = sum(count * (count - 1) for count in Counter(answers).values())
    return agreeing / (n * (n - 1))
