"""Addresses of the site's shell."""

from django.urls import path

from app.web.views import health, home, operations

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("operations/", operations.show, name="operations"),
    path("operations/drain/", operations.drain, name="drain"),
]
