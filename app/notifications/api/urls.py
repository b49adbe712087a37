"""Addresses of the API of the inbox."""

from rest_framework.routers import SimpleRouter

from app.notifications.api.views import NotificationViewSet, SubscriptionViewSet

router = SimpleRouter()
router.register("notifications", NotificationViewSet, basename="notification")
router.register("subscriptions", SubscriptionViewSet, basename="subscription")
urlpatterns = router.urls
