"""Addresses of the API of annotations."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from app.core.api.renderers import Table
from viewer.annotations.api.views import AnnotationViewSet

router = SimpleRouter()
router.register("annotations", AnnotationViewSet, basename="annotation")
urlpatterns = [
    path(
        "annotations/measurements.csv",
        AnnotationViewSet.as_view({"get": "measurements_csv"}, renderer_classes=[Table]),
        name="annotation-measurements-csv",
    ),
    path(
        "annotations/<uuid:pk>/mask.mha",
        AnnotationViewSet.as_view({"get": "mask_mha"}),
        name="annotation-mask-mha",
    ),
    path(
        "annotations/<uuid:pk>/mask.nii.gz",
        AnnotationViewSet.as_view({"get": "mask_nifti"}),
        name="annotation-mask-nifti",
    ),
    *router.urls,
]
