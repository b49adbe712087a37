"""The few distributions that ranking needs; numpy has none and the portal does not install scipy.

The tests hold them to scipy's.
"""

import math
from statistics import NormalDist

_NORMAL = NormalDist()


def normal_tail(z: float) -> float:
    """Return the probability that a standard normal variable is above ``z``."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def normal_below(z: float) -> float:
    """Return the probability that a standard normal variable is at most ``z``."""
    return normal_tail(-z)


def normal_quantile(probability: float) -> float:
    """Return the point below which a standard normal variable is with ``probability``."""
    if probability <= 0:
        return -math.inf
    return math.inf if probability >= 1 else _NORMAL.inv_cdf(probability)


def t_quantile(probability: float, *, degrees: int) -> float:
    """Return the quantile (``probability`` > 0.5) of Student's t, by bisection of its tail."""
    low, high = 0.0, 1.0
    while _t_tail(high, degrees) > 1 - probability:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if _t_tail(middle, degrees) > 1 - probability:
            low = middle
        else:
            high = middle
    return high


def _t_tail(t: float, degrees: int) -> float:
    return 0.5 * _incomplete_beta(degrees / (degrees + t * t), degrees / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 1000):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + factor * d)
            c = 1 + factor / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * fraction


def binomial_ranks(size: int, share: float, *, level: float) -> tuple[int, int]:
    """Return the order statistics (from 1) that hold the quantile at ``share`` with ``level``.

    0 or ``size + 1`` where the sample is too small for a bound on that side. Conover, Practical
    Nonparametric Statistics, 3rd edition, section 3.2.
    """
    tail = (1 - level) / 2
    below = 0.0
    lower, upper = 0, size + 1
    for count in range(size + 1):
        below += _binomial(count, size, share)
        if below <= tail:
            lower = count + 1
        if below >= 1 - tail:
            upper = count + 1
            break
    return lower, upper


def _binomial(count: int, size: int, share: float) -> float:
    log = math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return math.exp(log + count * math.log(share) + (size - count) * math.log1p(-share))
