"""Addresses of the upload API."""

from django.urls import path

from app.uploads.api import views

_MULTIPART = "<str:pk>/<str:multipart_id>"

urlpatterns = [
    path("", views.UploadList.as_view(), name="list"),
    path("batch/", views.UploadBatch.as_view(), name="batch"),
    path("<str:pk>/", views.UploadDetail.as_view(), name="detail"),
    path(f"{_MULTIPART}/generate-presigned-urls/", views.PresignedUrls.as_view(), name="sign"),
    path(f"{_MULTIPART}/complete-multipart-upload/", views.CompleteMultipart.as_view(), name="end"),
    path(f"{_MULTIPART}/abort-multipart-upload/", views.AbortMultipart.as_view(), name="abort"),
    path(f"{_MULTIPART}/list-parts/", views.ListParts.as_view(), name="parts"),
]
