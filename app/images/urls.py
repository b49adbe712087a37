"""Addresses of images and imports."""

from django.urls import path

from app.images import views

app_name = "images"
urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("imports/<uuid:pk>/", views.import_progress, name="import"),
    path("imports/<uuid:pk>/cancel/", views.cancel, name="cancel_import"),
]
