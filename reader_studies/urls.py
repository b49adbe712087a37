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
    path("questions/<uuid:pk>/edit/", views.content.edit_question, name="edit_question"),
    path("questions/<uuid:pk>/delete/", views.content.delete_question, name="delete_question"),
    path("<uuid:pk>/read/", views.reading.read, name="read"),
    path("cases/<uuid:pk>/panel/", views.reading.panel, name="panel"),
    path("cases/<uuid:pk>/answers/", views.reading.answers, name="answers"),
    path("<uuid:pk>/reference/", views.reference.reference, name="reference"),
    path("<uuid:pk>/reference.csv", views.reference.reference_table, name="reference_table"),
    path("<uuid:pk>/reference/take/", views.reference.take_answers, name="take_answers"),
    path("cases/<uuid:pk>/reference/", views.reference.reference_panel, name="reference_panel"),
    path(
        "cases/<uuid:pk>/reference/answers/",
        views.reference.reference_answers,
        name="reference_answers",
    ),
    path("<uuid:pk>/statistics/", views.results.statistics, name="statistics"),
    path("<uuid:pk>/answers.csv", views.results.export, name="export"),
    path("<uuid:pk>/study.json", views.results.export_all, name="export_all"),
]
