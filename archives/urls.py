"""Addresses of archives."""

from django.urls import path

from archives import views

app_name = "archives"
urlpatterns = [
    path("", views.archive_list, name="list"),
    path("new/", views.create, name="create"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/edit/", views.edit, name="edit"),
    path("<uuid:pk>/deidentification/", views.deidentification, name="deidentification"),
    path("<uuid:pk>/people/", views.people, name="people"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
    path("<uuid:pk>/import/", views.import_files, name="import"),
    path("items/<uuid:pk>/delete/", views.delete_item, name="delete_item"),
]
