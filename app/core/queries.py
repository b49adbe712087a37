"""What Django's queries lack."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, QuerySet


class AmongFew(Func):
    """Whether a field is one of the few that a query of one column finds: these are found first.

    With ``__in`` the planner may go through all rows in the order that a page wants, to look for
    each of them among the few: quick where many match, and slow where nobody does.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, field: str, few: QuerySet[Any, Any]) -> None:
        super().__init__(F(field), ArraySubquery(few.order_by()))
