"""Addresses of the API of algorithms."""

from rest_framework.routers import SimpleRouter

from algorithms.api.endpoints import EndpointViewSet
from algorithms.api.invocations import InvocationViewSet
from algorithms.api.jobs import JobViewSet
from algorithms.api.versions import ContainerImageViewSet, ModelViewSet
from algorithms.api.views import AlgorithmViewSet, InterfaceViewSet

router = SimpleRouter()
router.register("algorithms/jobs", JobViewSet, basename="job")
router.register("algorithms/images", ContainerImageViewSet, basename="algorithm-image")
router.register("algorithms/models", ModelViewSet, basename="algorithm-model")
router.register("algorithms/interfaces", InterfaceViewSet, basename="algorithm-interface")
router.register("algorithms/endpoints", EndpointViewSet, basename="endpoint")
router.register("algorithms/invocations", InvocationViewSet, basename="invocation")
router.register("algorithms", AlgorithmViewSet, basename="algorithm")
urlpatterns = router.urls
