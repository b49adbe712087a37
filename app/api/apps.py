"""Application configuration of the API as a whole."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Addresses, schema and reference of the REST API."""

    name = "app.api"
    label = "api"
