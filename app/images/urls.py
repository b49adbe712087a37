"""Addresses of images and imports."""

from django.urls import path

from app.images import review_views, views

app_name = "images"
urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("imports/<uuid:pk>/", views.import_progress, name="import"),
    path("imports/<uuid:pk>/cancel/", views.cancel, name="cancel_import"),
    path("review/", review_views.everything, name="reviews"),
    path("review/<slug:scope>/<uuid:pk>/", review_views.queue, name="review_queue"),
    path("review/<uuid:pk>/", review_views.detail, name="review"),
    path("review/<uuid:pk>/frames/<int:number>.png", review_views.frame, name="review_frame"),
    path("review/<uuid:pk>/accept/", review_views.accept, name="review_accept"),
    path("review/<uuid:pk>/mask/", review_views.mask, name="review_mask"),
    path("review/<uuid:pk>/reject/", review_views.reject, name="review_reject"),
]
