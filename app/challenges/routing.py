"""WebSocket addresses of evaluations."""

from django.urls import path

from app.challenges.consumers import EvaluationConsumer

websocket_urlpatterns = [path("ws/evaluations/<uuid:pk>/", EvaluationConsumer.as_asgi())]
