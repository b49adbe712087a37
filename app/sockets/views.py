"""Pages of sockets and their values."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from app.sockets import selectors


@login_required
@require_safe
def value(request: HttpRequest, pk: int) -> JsonResponse:
    """Hand out a JSON value whole, as a file to keep."""
    found = selectors.get_value_for(request.user, pk)
    answer = JsonResponse(found.value, safe=False)
    answer["Content-Disposition"] = f'attachment; filename="{found.socket.slug}-{found.pk}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer
