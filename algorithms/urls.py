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
    path("<uuid:pk>/statistics/", views.algorithms.statistics, name="statistics"),
    path("<uuid:pk>/limits/", views.algorithms.limits, name="limits"),
    path("<uuid:pk>/publish/", views.algorithms.publish, name="publish"),
    path("<uuid:pk>/interfaces/add/", views.interfaces.add, name="add_interface"),
    path("interfaces/<uuid:pk>/remove/", views.interfaces.remove, name="remove_interface"),
    path("interfaces/<uuid:pk>/offer/", views.interfaces.offer, name="offer_interface"),
    path("<uuid:pk>/versions/add/", views.versions.add_version, name="add_version"),
    path("<uuid:pk>/models/add/", views.versions.add_model, name="add_model"),
    path("versions/<uuid:pk>/", views.versions.detail, name="version"),
    path("versions/<uuid:pk>/stage/", views.versions.stage_version, name="stage_version"),
    path("versions/<uuid:pk>/restore/", views.versions.restore_version, name="restore_version"),
    path("versions/<uuid:pk>/delete/", views.versions.delete_version, name="delete_version"),
    path("models/<uuid:pk>/", views.versions.model, name="model"),
    path("models/<uuid:pk>/stage/", views.versions.stage_model, name="stage_model"),
    path("models/<uuid:pk>/restore/", views.versions.restore_model, name="restore_model"),
    path("models/<uuid:pk>/delete/", views.versions.delete_model, name="delete_model"),
    path("<uuid:pk>/run/", views.runs.try_out, name="try_out"),
    path("runs/<uuid:pk>/", views.runs.detail, name="run"),
    path("runs/<uuid:pk>/cancel/", views.runs.cancel, name="cancel_run"),
]
