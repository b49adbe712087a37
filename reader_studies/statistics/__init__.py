"""Statistics of reader studies; imports no Django."""

from reader_studies.statistics.agreement import fleiss_kappa, percent_agreement

__all__ = ["fleiss_kappa", "percent_agreement"]
