"""Addresses of uploads."""

from django.urls import include, path

from app.uploads.api.urls import urlpatterns as api
from app.uploads.views import receive_part

app_name = "uploads"

urlpatterns = [
    path("api/v1/uploads/", include(api)),
    path("files/parts/<str:multipart_id>/<int:number>", receive_part, name="part"),
]
