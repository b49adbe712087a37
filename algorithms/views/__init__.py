"""Pages of algorithms."""

from algorithms.views import algorithms, runs

__all__ = ["algorithms", "runs"]
