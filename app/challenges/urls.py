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
    path("<uuid:pk>/phases/new/", views.phases.create, name="create_phase"),
    path("phases/<uuid:pk>/", views.phases.leaderboard, name="phase"),
    path("phases/<uuid:pk>/edit/", views.phases.edit, name="edit_phase"),
    path("phases/<uuid:pk>/setup/", views.phases.setup, name="setup_phase"),
    path("phases/<uuid:pk>/method/", views.phases.add_method, name="add_method"),
    path("phases/<uuid:pk>/ground-truth/", views.phases.add_ground_truth, name="add_ground_truth"),
    path("phases/<uuid:pk>/submit/", views.submissions.submit, name="submit"),
    path("phases/<uuid:pk>/submissions/", views.submissions.submission_list, name="submissions"),
    path("phases/<uuid:pk>/grants/", views.grants.grants, name="grants"),
    path("<uuid:pk>/teams/", views.teams.team_list, name="teams"),
    path("<uuid:pk>/teams/new/", views.teams.create, name="create_team"),
    path("teams/<uuid:pk>/invite/", views.teams.invite, name="invite_to_team"),
    path("teams/<uuid:pk>/leave/", views.teams.leave, name="leave_team"),
    path("teams/<uuid:pk>/remove/<int:user_pk>/", views.teams.remove, name="remove_from_team"),
    path("teams/<uuid:pk>/captain/<int:user_pk>/", views.teams.captain, name="hand_team_on"),
    path("invitations/<uuid:pk>/accept/", views.teams.accept, name="accept_invitation"),
    path("invitations/<uuid:pk>/decline/", views.teams.decline, name="decline_invitation"),
    path("invitations/<uuid:pk>/withdraw/", views.teams.withdraw, name="withdraw_invitation"),
    path("evaluations/<uuid:pk>/", views.submissions.evaluation, name="evaluation"),
    path("evaluations/<uuid:pk>/cancel/", views.submissions.cancel, name="cancel_evaluation"),
    path("phases/<uuid:pk>/again/", views.phases.evaluate_again, name="evaluate_phase_again"),
    path("evaluations/<uuid:pk>/again/", views.submissions.evaluate_again, name="evaluate_again"),
    path("evaluations/<uuid:pk>/cases/<int:number>/", views.cases.detail, name="case"),
    path("evaluations/<uuid:pk>/scores.csv", views.cases.scores, name="case_scores"),
]
