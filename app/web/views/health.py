"""Is the site up, and is everything behind it ready?"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from app.web.services.readiness import check_all


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 as soon as the web server does."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when database, migrations, seed, storage, worker and engine are settled."""
    checks = check_all()
    ready = all(check.ok for check in checks)
    return JsonResponse(
        {"ready": ready, "checks": {c.name: {"ok": c.ok, "detail": c.detail} for c in checks}},
        status=200 if ready else 503,
    )
