"""Addresses of images and imports."""

from django.urls import path

from app.images import import_views, views

app_name = "images"
urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("imports/", import_views.import_list, name="imports"),
    path("imports/<uuid:pk>/", import_views.import_page, name="import"),
    path("imports/<uuid:pk>/progress/", import_views.import_progress, name="import_progress"),
    path("imports/<uuid:pk>/files.<str:ending>", import_views.import_files, name="import_files"),
    path("imports/<uuid:pk>/cancel/", import_views.cancel, name="cancel_import"),
    path("imports/<uuid:pk>/retry/", import_views.retry, name="retry_import"),
    path("imports/<uuid:pk>/discard/", import_views.discard, name="discard_import"),
]
