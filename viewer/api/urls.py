"""Addresses of the API of view sessions, and of the small one for viewer servers."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from viewer.annotations.api.urls import urlpatterns as annotations
from viewer.api import servers
from viewer.api.hanging import ConfigViewSet, Preferences, ProtocolViewSet, Viewing
from viewer.api.views import SessionViewSet

router = SimpleRouter()
router.register("workstations/sessions", SessionViewSet, basename="view-session")
router.register("workstations/configs", ConfigViewSet, basename="view-config")
router.register("hanging-protocols", ProtocolViewSet, basename="hanging-protocol")
urlpatterns = [
    *router.urls,
    path("workstations/preferences/", Preferences.as_view(), name="viewer-preferences"),
    path("viewing/<str:kind>/<uuid:pk>/", Viewing.as_view(), name="viewing"),
    *annotations,
    path("viewer/servers/beat/", servers.Beat.as_view(), name="viewer-beat"),
    path("viewer/seats/", servers.Knock.as_view(), name="viewer-knock"),
    path("viewer/seats/packs/", servers.Packs.as_view(), name="viewer-packs"),
    path("viewer/seats/discard/", servers.Discard.as_view(), name="viewer-discard"),
    path("viewer/seats/begin/", servers.Begin.as_view(), name="viewer-begin"),
    path("viewer/seats/keep/", servers.Keep.as_view(), name="viewer-keep"),
]
