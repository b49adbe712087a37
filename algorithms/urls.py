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
    path("<uuid:pk>/run/", views.try_out.try_out, name="try_out"),
    path("<uuid:pk>/terms/", views.my_runs.terms, name="terms"),
    path("runs/", views.my_runs.run_list, name="runs"),
    path("runs/<uuid:pk>/", views.runs.detail, name="run"),
    path("runs/<uuid:pk>/live/", views.runs.live, name="run_live"),
    path("runs/<uuid:pk>/log.txt", views.runs.log_file, name="run_log"),
    path("runs/<uuid:pk>/record.json", views.runs.record_file, name="run_record"),
    path("runs/<uuid:pk>/cancel/", views.runs.cancel, name="cancel_run"),
    path("runs/<uuid:pk>/edit/", views.runs.edit, name="edit_run"),
    path("runs/<uuid:pk>/again/", views.runs.again, name="run_again"),
    path("batches/", views.batches.batch_list, name="batches"),
    path("batches/<uuid:pk>/", views.batches.detail, name="batch"),
    path("batches/<uuid:pk>/cancel/", views.batches.cancel, name="cancel_batch"),
    path("batches/<uuid:pk>/again/", views.batches.rerun, name="rerun_batch"),
    path("batches/<uuid:pk>/results.<slug:ending>", views.batches.results, name="batch_results"),
    path("credits/", views.my_runs.my_credits, name="credits"),
    path("credits/grant/", views.my_runs.grant, name="grant_credits"),
]
