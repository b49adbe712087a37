"""Addresses of cards and requests."""

from django.urls import path

from app.requests import views

app_name = "requests"
urlpatterns = [
    path("discover/", views.discover, name="discover"),
    path("discover/<slug:key>/<uuid:pk>/", views.card, name="card"),
    path("requests/", views.overview, name="list"),
    path("requests/accept/", views.accept_several, name="accept_several"),
    path("requests/<slug:key>/<uuid:pk>/", views.detail, name="detail"),
    path("requests/<slug:key>/<uuid:pk>/accept/", views.accept, name="accept"),
    path("requests/<slug:key>/<uuid:pk>/reject/", views.reject, name="reject"),
    path("requests/<slug:key>/<uuid:pk>/withdraw/", views.withdraw, name="withdraw"),
]
