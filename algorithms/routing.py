"""WebSocket addresses of runs and endpoints."""

from django.urls import path

from algorithms.consumers import EndpointConsumer, RunConsumer

websocket_urlpatterns = [
    path("ws/runs/<uuid:pk>/", RunConsumer.as_asgi()),
    path("ws/endpoints/<uuid:pk>/", EndpointConsumer.as_asgi()),
]
