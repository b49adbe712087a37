"""Addresses of the API of algorithms."""

from rest_framework.routers import SimpleRouter

from algorithms.api.jobs import EndpointViewSet, InvocationViewSet, JobViewSet
from algorithms.api.views import AlgorithmViewSet, ContainerImageViewSet

router = SimpleRouter()
router.register("algorithms/jobs", JobViewSet, basename="job")
router.register("algorithms/images", ContainerImageViewSet, basename="algorithm-image")
router.register("algorithms/endpoints", EndpointViewSet, basename="endpoint")
router.register("algorithms/invocations", InvocationViewSet, basename="invocation")
router.register("algorithms", AlgorithmViewSet, basename="algorithm")
urlpatterns = router.urls
