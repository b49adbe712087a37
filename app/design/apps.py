"""Django configuration of the design system."""

from __future__ import annotations

from django.apps import AppConfig


class DesignConfig(AppConfig):
    """Templates, components and assets shared by every page."""

    name = "app.design"
    label = "design"
    verbose_name = "Design system"
