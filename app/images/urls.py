"""Addresses of images and imports."""

from django.urls import path

from app.images import import_views, review_views, views

app_name = "images"
urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("imports/", import_views.import_list, name="imports"),
    path("imports/<uuid:pk>/", import_views.import_page, name="import"),
    path("imports/<uuid:pk>/progress/", import_views.import_progress, name="import_progress"),
    path("imports/<uuid:pk>/files.<str:ending>", import_views.import_files, name="import_files"),
    path("imports/<uuid:pk>/cancel/", import_views.cancel, name="cancel_import"),
    path("imports/<uuid:pk>/retry/", import_views.retry, name="retry_import"),
    path("imports/<uuid:pk>/discard/", import_views.discard, name="discard_import"),
    path("review/", review_views.everything, name="reviews"),
    path("review/<slug:scope>/<uuid:pk>/", review_views.queue, name="review_queue"),
    path("review/<uuid:pk>/", review_views.detail, name="review"),
    path("review/<uuid:pk>/frames/<int:number>.png", review_views.frame, name="review_frame"),
    path("review/<uuid:pk>/accept/", review_views.accept, name="review_accept"),
    path("review/<uuid:pk>/mask/", review_views.mask, name="review_mask"),
    path("review/<uuid:pk>/reject/", review_views.reject, name="review_reject"),
]
