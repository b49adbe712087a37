"""Addresses of challenges."""

from django.urls import path

from app.challenges import views

app_name = "challenges"
urlpatterns = [
    path("", views.challenges.challenge_list, name="list"),
    path("new/", views.challenges.create, name="create"),
    path("<uuid:pk>/", views.challenges.detail, name="detail"),
    path("<uuid:pk>/edit/", views.challenges.edit, name="edit"),
    path("<uuid:pk>/people/", views.challenges.people, name="people"),
    path("<uuid:pk>/join/", views.challenges.join, name="join"),
    path("<uuid:pk>/design/", views.design.design, name="design"),
    path("<uuid:pk>/design/edit/", views.design.edit_design, name="edit_design"),
    path("<uuid:pk>/design/<str:filename>", views.design.export_design, name="export_design"),
    path("phases/<uuid:pk>/design/", views.design.edit_phase_design, name="edit_phase_design"),
    path("<uuid:pk>/page/<slug:slug>/", views.pages.page, name="page"),
    path("<uuid:pk>/pages/new/", views.pages.create_page, name="create_page"),
    path("<uuid:pk>/pages/preview/", views.pages.preview, name="preview_page"),
    path("pages/<uuid:pk>/edit/", views.pages.edit_page, name="edit_page"),
    path("pages/<uuid:pk>/delete/", views.pages.delete_page, name="delete_page"),
    path("<uuid:pk>/announcements/", views.announcements.announcements, name="announcements"),
    path("<uuid:pk>/announcements/new/", views.announcements.announce, name="announce"),
    path("<uuid:pk>/phases/new/", views.phases.create, name="create_phase"),
    path("phases/<uuid:pk>/", views.phases.leaderboard, name="phase"),
    path("phases/<uuid:pk>/edit/", views.phases.edit, name="edit_phase"),
    path("phases/<uuid:pk>/setup/", views.phases.setup, name="setup_phase"),
    path("phases/<uuid:pk>/method/", views.phases.add_method, name="add_method"),
    path("phases/<uuid:pk>/ground-truth/", views.phases.add_ground_truth, name="add_ground_truth"),
    path("phases/<uuid:pk>/submit/", views.submissions.submit, name="submit"),
    path("phases/<uuid:pk>/submissions/", views.submissions.submission_list, name="submissions"),
    path("evaluations/<uuid:pk>/", views.submissions.evaluation, name="evaluation"),
    path("evaluations/<uuid:pk>/cancel/", views.submissions.cancel, name="cancel_evaluation"),
]
