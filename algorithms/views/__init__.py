"""Pages of algorithms."""

from algorithms.views import (
    algorithms,
    batches,
    endpoints,
    interfaces,
    my_runs,
    runs,
    try_out,
    versions,
)

__all__ = [
    "algorithms",
    "batches",
    "endpoints",
    "interfaces",
    "my_runs",
    "runs",
    "try_out",
    "versions",
]
