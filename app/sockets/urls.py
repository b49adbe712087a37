"""Addresses of sockets."""

from django.urls import path

from app.sockets import views

app_name = "sockets"
urlpatterns = [
    path("values/<int:pk>/value.json", views.value, name="value"),
]
