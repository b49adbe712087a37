"""Addresses of the API of organizations."""

from rest_framework.routers import SimpleRouter

from app.people.api.views import OrganizationViewSet

router = SimpleRouter()
router.register("organizations", OrganizationViewSet, basename="organization")
urlpatterns = router.urls
