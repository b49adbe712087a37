"""How the API answers errors: one problem-detail shape for all."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from app.core.errors import PortalError


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer portal errors as problem details, everything else as DRF does."""
    if isinstance(error, PortalError):
        return Response(error.as_problem(), status=error.status)
    return drf_handler(error, context)
