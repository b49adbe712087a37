"""Every address of the API but the uploads', which bring their own; longer prefixes come first."""

from django.urls import URLPattern, URLResolver, include, path

from algorithms.api.urls import urlpatterns as algorithms
from app.accounts.api.urls import urlpatterns as accounts
from app.api.published import SchemaView
from app.api.reference_views import operation, reference, try_operation
from app.api.views import HandshakeView, TimezoneView
from app.audit.api.urls import urlpatterns as audit
from app.challenges.api.urls import urlpatterns as challenges
from app.execution.api.urls import urlpatterns as execution
from app.images.api.urls import urlpatterns as images
from app.notifications.api.urls import urlpatterns as notifications
from app.people.api.urls import urlpatterns as people
from app.requests.api.urls import urlpatterns as access_requests
from app.sockets.api.urls import urlpatterns as sockets
from archives.api.urls import urlpatterns as archives
from reader_studies.api.urls import urlpatterns as reader_studies
from viewer.api.urls import urlpatterns as viewer

app_name = "api"
_VERSION_1: list[URLPattern | URLResolver] = [
    path("gcapi/", HandshakeView.as_view(), name="gcapi"),
    path("timezone/", TimezoneView.as_view(), name="timezone"),
    *sockets,
    *images,
    *accounts,
    *audit,
    *notifications,
    *people,
    *access_requests,
    *viewer,
    *execution,
    *challenges,
    *archives,
    *algorithms,
    *reader_studies,
]

urlpatterns = [
    path("", reference, name="reference"),
    path("reference/<slug:key>/", operation, name="operation"),
    path("reference/<slug:key>/try/", try_operation, name="try"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("v1/", include(_VERSION_1)),
]
