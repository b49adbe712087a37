"""Addresses of the API of reader studies."""

from rest_framework.routers import SimpleRouter

from reader_studies.api import views

router = SimpleRouter()
router.register("reader-studies/questions", views.QuestionViewSet, basename="question")
router.register("reader-studies/display-sets", views.DisplaySetViewSet, basename="display-set")
router.register("reader-studies/answers", views.AnswerViewSet, basename="answer")
router.register("reader-studies", views.ReaderStudyViewSet, basename="reader-study")
urlpatterns = router.urls
