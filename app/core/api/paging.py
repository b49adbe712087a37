"""Pages of lists."""

from rest_framework.pagination import LimitOffsetPagination


class Paging(LimitOffsetPagination):
    """``limit`` and ``offset``; a thousand at most. Clients read on until a page is empty."""

    default_limit = 100
    max_limit = 1000
