"""Application configuration of uploads."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """Resumable uploads in parts, straight to storage."""

    name = "app.uploads"
    label = "uploads"
