"""Addresses of the API of archives."""

from rest_framework.routers import SimpleRouter

from archives.api.views import ArchiveViewSet, ItemViewSet

router = SimpleRouter()
router.register("archives/items", ItemViewSet, basename="archive-item")
router.register("archives", ArchiveViewSet, basename="archive")
urlpatterns = router.urls
