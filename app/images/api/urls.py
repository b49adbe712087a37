"""Addresses of the API of images and imports."""

from rest_framework.routers import SimpleRouter

from app.images.api.views import ImageViewSet, UploadSessionViewSet

router = SimpleRouter()
router.register("cases/images", ImageViewSet, basename="image")
router.register("cases/upload-sessions", UploadSessionViewSet, basename="upload-session")
urlpatterns = router.urls
