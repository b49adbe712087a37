"""Addresses of reader studies."""

from django.urls import path

from reader_studies import views

app_name = "reader_studies"
urlpatterns = [
    path("", views.studies.study_list, name="list"),
    path("new/", views.studies.create, name="create"),
    path("<uuid:pk>/", views.studies.detail, name="detail"),
    path("<uuid:pk>/edit/", views.studies.edit, name="edit"),
    path("<uuid:pk>/people/", views.studies.people, name="people"),
    path("<uuid:pk>/cases/add/", views.content.add_cases, name="add_cases"),
    path("<uuid:pk>/questions/add/", views.content.add_question, name="add_question"),
    path("cases/<uuid:pk>/delete/", views.content.delete_case, name="delete_case"),
    path("questions/<uuid:pk>/delete/", views.content.delete_question, name="delete_question"),
    path("<uuid:pk>/read/", views.reading.read, name="read"),
    path("cases/<uuid:pk>/panel/", views.reading.panel, name="panel"),
    path("<uuid:pk>/statistics/", views.results.statistics, name="statistics"),
    path("<uuid:pk>/answers.csv", views.results.export, name="export"),
]
