"""Application configuration of the site's shell."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Home, health, error pages, demo and walkthrough."""

    name = "app.web"
    label = "web"
