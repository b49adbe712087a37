"""Pages of algorithms."""

from algorithms.views import algorithms, batches, my_runs, runs, try_out

__all__ = ["algorithms", "batches", "my_runs", "runs", "try_out"]
