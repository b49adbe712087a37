"""Addresses of the API of sockets."""

from rest_framework.routers import SimpleRouter

from app.sockets.api.views import SocketViewSet

router = SimpleRouter()
router.register("components/interfaces", SocketViewSet, basename="socket")
urlpatterns = router.urls
