"""Addresses of the API of the audit log."""

from django.urls import path

from app.audit.api.views import EventListView

urlpatterns = [path("audit/events/", EventListView.as_view(), name="audit-event-list")]
