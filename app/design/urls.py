"""Addresses of the living style guide."""

from __future__ import annotations

from django.urls import path

from app.design import views

app_name = "design"
urlpatterns = [
    path("design/", views.style_guide, name="style-guide"),
    path("design/dark/", views.dark_shell, name="dark-shell"),
    path("design/errors/<str:code>/", views.error_page, name="error-page"),
]
