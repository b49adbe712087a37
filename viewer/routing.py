"""WebSocket addresses of the viewer."""

from django.urls import path

from viewer.consumers import ViewerConsumer

websocket_urlpatterns = [path("ws/viewer/<uuid:session>/", ViewerConsumer.as_asgi())]  # type: ignore[arg-type]
