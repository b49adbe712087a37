"""Pages of reader studies."""

from reader_studies.views import content, reading, results, studies

__all__ = ["content", "reading", "results", "studies"]
