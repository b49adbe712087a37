"""Addresses of the API of view sessions."""

from rest_framework.routers import SimpleRouter

from viewer.api.views import ConfigViewSet, SessionViewSet

router = SimpleRouter()
router.register("workstations/sessions", SessionViewSet, basename="view-session")
router.register("workstations/configs", ConfigViewSet, basename="view-config")
urlpatterns = router.urls
