"""Pages of algorithms."""

from algorithms.views import algorithms, batches, interfaces, my_runs, runs, try_out, versions

__all__ = ["algorithms", "batches", "interfaces", "my_runs", "runs", "try_out", "versions"]
