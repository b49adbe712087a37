"""Addresses of the audit log."""

from django.urls import path

from app.audit import views

app_name = "audit"
urlpatterns = [
    path("", views.log, name="log"),
    path("export.<str:ending>", views.export, name="export"),
    path("history/<str:label>/<uuid:pk>/", views.history, name="history"),
]
