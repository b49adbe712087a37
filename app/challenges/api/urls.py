"""Addresses of the API of challenges."""

from rest_framework.routers import SimpleRouter

from app.challenges.api import views

router = SimpleRouter()
router.register("challenges", views.ChallengeViewSet, basename="challenge")
router.register("phases", views.PhaseViewSet, basename="phase")
router.register("submissions", views.SubmissionViewSet, basename="submission")
router.register("evaluations", views.EvaluationViewSet, basename="evaluation")
urlpatterns = router.urls
