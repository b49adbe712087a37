"""Addresses of the API of challenges."""

from rest_framework.routers import SimpleRouter

from app.challenges.api import combined, team_views, views

router = SimpleRouter()
router.register("challenges", views.ChallengeViewSet, basename="challenge")
router.register("phases", views.PhaseViewSet, basename="phase")
router.register(
    "combined-leaderboards", combined.CombinedBoardViewSet, basename="combined-leaderboard"
)
router.register("submissions", views.SubmissionViewSet, basename="submission")
router.register("evaluations", views.EvaluationViewSet, basename="evaluation")
router.register("teams", team_views.TeamViewSet, basename="team")
router.register("team-invitations", team_views.TeamInvitationViewSet, basename="team-invitation")
urlpatterns = router.urls
