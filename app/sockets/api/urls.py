"""Addresses of the API of sockets."""

from rest_framework.routers import SimpleRouter

from app.sockets.api.views import KindViewSet, SocketViewSet

router = SimpleRouter()
router.register("components/interfaces", SocketViewSet, basename="socket")
router.register("components/kinds", KindViewSet, basename="socket-kind")
urlpatterns = router.urls
