"""Addresses of algorithms."""

from django.urls import path

from algorithms import views

app_name = "algorithms"
urlpatterns = [
    path("", views.algorithms.algorithm_list, name="list"),
    path("new/", views.algorithms.create, name="create"),
    path("<uuid:pk>/", views.algorithms.detail, name="detail"),
    path("<uuid:pk>/edit/", views.algorithms.edit, name="edit"),
    path("<uuid:pk>/people/", views.algorithms.people, name="people"),
    path("<uuid:pk>/versions/add/", views.algorithms.add_version, name="add_version"),
    path("<uuid:pk>/run/", views.runs.try_out, name="try_out"),
    path("runs/<uuid:pk>/", views.runs.detail, name="run"),
    path("runs/<uuid:pk>/cancel/", views.runs.cancel, name="cancel_run"),
]
