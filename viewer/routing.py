"""WebSocket addresses of the viewer."""

from django.urls import path

from viewer.annotations.consumers import AnnotationConsumer
from viewer.consumers import ViewerConsumer

websocket_urlpatterns = [
    path("ws/viewer/<uuid:session>/", ViewerConsumer.as_asgi()),  # type: ignore[arg-type]
    path("ws/annotations/<str:source>/<uuid:pk>/", AnnotationConsumer.as_asgi()),
]
