"""Addresses of the API of access requests."""

from rest_framework.routers import SimpleRouter

from app.requests.api.views import AccessRequestViewSet

router = SimpleRouter()
router.register("access-requests", AccessRequestViewSet, basename="access-request")
urlpatterns = router.urls
