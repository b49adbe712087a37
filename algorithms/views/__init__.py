"""Pages of algorithms."""

from algorithms.views import algorithms, interfaces, runs, versions

__all__ = ["algorithms", "interfaces", "runs", "versions"]
