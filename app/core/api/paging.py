"""Pages of lists."""

from typing import Any

from rest_framework.pagination import LimitOffsetPagination


class Paging(LimitOffsetPagination):
    """``limit`` and ``offset``; a thousand at most. Clients read on until a page is empty."""

    default_limit = 100
    max_limit = 1000
    limit_query_description = "How many to show, at most 1000."
    offset_query_description = "How many to leave out at the start."

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe both parameters, with what holds without them."""
        found = super().get_schema_operation_parameters(view)
        for parameter, default in zip(found, (self.default_limit, 0), strict=True):
            parameter["schema"]["default"] = default
        return found
