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
    path("runs/<uuid:pk>/reproduce/", views.runs.reproduce, name="reproduce_run"),
    path("batches/", views.batches.batch_list, name="batches"),
    path("batches/<uuid:pk>/", views.batches.detail, name="batch"),
    path("batches/<uuid:pk>/cancel/", views.batches.cancel, name="cancel_batch"),
    path("batches/<uuid:pk>/again/", views.batches.rerun, name="rerun_batch"),
    path("batches/<uuid:pk>/results.<slug:ending>", views.batches.results, name="batch_results"),
    path("credits/", views.my_runs.my_credits, name="credits"),
    path("credits/grant/", views.my_runs.grant, name="grant_credits"),
]
