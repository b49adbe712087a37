"""Pages of reader studies."""

from reader_studies.views import content, reading, reference, results, studies

__all__ = ["content", "reading", "reference", "results", "studies"]
