"""Every address of the site; each application brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("app.web.urls")),
    path("", include("app.accounts.urls")),
    path("", include("app.accounts.sign_in_urls")),
    path("", include("app.people.urls")),
    path("", include("app.design.urls")),
    path("", include("app.delivery.urls")),
    path("", include("app.uploads.urls")),
    path("api/", include("app.api.urls")),
    path("", include("app.requests.urls")),
    path("audit/", include("app.audit.urls")),
    path("inbox/", include("app.notifications.urls")),
    path("images/", include("app.images.urls")),
    path("sockets/", include("app.sockets.urls")),
    path("", include("viewer.urls")),
    path("archives/", include("archives.urls")),
    path("algorithms/", include("algorithms.urls")),
    path("reader-studies/", include("reader_studies.urls")),
    path("challenges/", include("app.challenges.urls")),
]
handler400 = "app.web.views.errors.bad_request"
handler403 = "app.web.views.errors.forbidden"
handler404 = "app.web.views.errors.not_found"
handler500 = "app.web.views.errors.server_error"
