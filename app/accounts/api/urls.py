"""Addresses of the API of the own account."""

from django.urls import path

from app.accounts.api.views import SelfView

urlpatterns = [path("profiles/users/self/", SelfView.as_view(), name="profile")]
